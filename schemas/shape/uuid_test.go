package shape

import "testing"

func TestUUID(t *testing.T) {
	tests := []struct {
		text string
		want Format
	}{
		{"123e4567-e89b-42d3-a456-426614174000", UUID},
		{"123E4567-E89B-42D3-B456-426614174000", UUID},
		{"018f3e1c-7b2a-7cc1-98a5-3f1b2c4d5e6f", UUID},
		{"00000000-0000-0000-0000-000000000000", UUID},
		{"123e4567-e89b-02d3-a456-426614174000", GUID},
		{"123e4567-e89b-42d3-c456-426614174000", GUID},
		{"123e4567-e89b-92d3-a456-426614174000", GUID},
		{"00000000-0000-0000-0000-000000000001", GUID},
		{"PPPPPPPP-PPPP-PPPP-PPPP-PPPPPPPPPPPP", None},
		{"123e4567e89b-42d3-a456-4266-14174000", None},
	}
	for _, tt := range tests {
		got := Classify([]byte(tt.text))
		if got != tt.want && !(tt.want == None && got != UUID && got != GUID) {
			t.Errorf("%s: %v, want %v", tt.text, got, tt.want)
		}
	}
}
