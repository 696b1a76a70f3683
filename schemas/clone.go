package schemas

import "slices"

// Clone returns a copy of c that shares nothing with it but strings.
func (c *Call) Clone() Call {
	v := *c
	v.Flags, v.Anomalies = slices.Clone(c.Flags), slices.Clone(c.Anomalies)
	for _, list := range [...]*[]Param{&v.Query, &v.Headers, &v.Cookies, &v.ResponseHeaders} {
		*list = slices.Clone(*list)
		for i := range *list {
			(*list)[i].Shape = (*list)[i].Shape.Clone()
		}
	}
	for _, m := range [...]*Content{&v.Request, &v.Response} {
		m.Shape, m.Parts = m.Shape.Clone(), slices.Clone(m.Parts)
	}
	v.Operations = slices.Clone(c.Operations)
	for i := range v.Operations {
		v.Operations[i] = v.Operations[i].Clone()
	}
	v.Auth, v.Sensitive, v.IDs = slices.Clone(c.Auth), slices.Clone(c.Sensitive), slices.Clone(c.IDs)
	return v
}

// Clone returns a copy of o that shares nothing with it but strings.
func (o *Operation) Clone() Operation {
	v := *o
	v.Result, v.Args = o.Result.Clone(), slices.Clone(o.Args)
	for i := range v.Args {
		v.Args[i].Shape = v.Args[i].Shape.Clone()
	}
	return v
}
