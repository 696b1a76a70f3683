package template

// MaxPlain is the most that [Plain] returns.
const MaxPlain = 15

// Plain says how far a segment is written as people write words, 0 to MaxPlain, from
// the segment alone: the words of routes have the most, and of others the
// logarithm of how much likelier their pairs of letters are in English than among
// equally likely letters. So of n random segments about n·exp(-2x/3) have x or more.
func Plain(s string) int {
	if routeWords[s] {
		return MaxPlain
	}
	sum, prev := 0, byte(start)
	for i := 0; i < len(s) && i < plainLen; i++ {
		b := s[i] | 0x20
		switch {
		case b < 'a' || b > 'z':
			if s[i] >= '0' && s[i] <= '9' || s[i] == '%' {
				sum -= 6
			}
			prev = start
			continue
		case s[i] < 'a' && i > 0 && s[i-1] >= 'a':
			prev = start
		}
		x := pairs[int(prev)*26+int(b-'a')]
		if x >= 'a' {
			x -= 'a' - '0' - 10
		}
		sum += int(x-'0') - evens
		prev = b - 'a'
	}
	return max(0, min(MaxPlain-1, sum/2))
}

const (
	plainLen = 32 // bytes of a segment that are looked at
	start    = 26 // the row of first letters
	evens    = 9  // the digit of a pair as frequent as among equally likely letters
)

// pairs has a row for each letter and one for the start of a word, with a digit,
// base 16, for each letter that follows: thirds of the logarithm of how much likelier
// it is than chance, of 9,104 distinct words in the comments of Go's library.
const pairs = "09ba0480905d9c090cae662260" +
	"c664c320c70e32b40ab8c30071" +
	"d182c14c90ba31e4296c930050" +
	"a14af530e40944a209b4a53060" +
	"a3bd776140099c284dda364920" +
	"b178cc34e00b33d40a98a01070" +
	"9073f48ac0096bc50ca4a11022" +
	"e035f400c00484d30a6a802060" +
	"87ba98900019afc708ac080408" +
	"d428e722924275d722c6e22222" +
	"a436f680d068695623d7604060" +
	"c249e440e02c01c402888400c0" +
	"e945e210d05593bd0094a00020" +
	"b3bbc7e2a065479403cd672030" +
	"67a93770605abe8a0da9a89300" +
	"d054d147a03c20ca0e9b900040" +
	"00060000500500330776f00000" +
	"c378f560c06697c408ba863080" +
	"90a1e44ac057539a22beb05090" +
	"c063e42ae00731a60cb8803280" +
	"9aa6a870a00bae6a0ccc000302" +
	"d152f520d00142a30140000000" +
	"e035d43bd0065bc60c93004000" +
	"b6b7d735c000444e011e370860" +
	"6594a113b008cc8e07ea007057" +
	"c045f003c00305a50364402049" +
	"b9caa987a249a88b3bca967301"
