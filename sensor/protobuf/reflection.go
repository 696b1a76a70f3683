package protobuf

// Reflection calls file with each FileDescriptorProto in b, a
// ServerReflectionResponse of grpc.reflection.v1 or v1alpha.
func Reflection(b []byte, file func([]byte)) {
	for len(b) > 0 {
		r, rest, ok := next(b)
		if !ok {
			return
		}
		if b = rest; r.number != 4 || r.wire != wireBytes {
			continue
		}
		for files := r.data; len(files) > 0; {
			f, rest, ok := next(files)
			if !ok {
				break
			}
			if files = rest; f.number == 1 && f.wire == wireBytes {
				file(f.data)
			}
		}
	}
}
