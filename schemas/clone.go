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
		o := &v.Operations[i]
		o.Result, o.Args = o.Result.Clone(), slices.Clone(o.Args)
		for k := range o.Args {
			o.Args[k].Shape = o.Args[k].Shape.Clone()
		}
	}
	v.Auth, v.Sensitive, v.IDs = slices.Clone(c.Auth), slices.Clone(c.Sensitive), slices.Clone(c.IDs)
	return v
}
