package synth

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

// profile is a patient in full. A few old records have no insurance number,
// though the document requires it.
func (s *session) profile(p *patient, complete bool) obj {
	o := obj{{"id", p.id}, {"first_name", p.first}, {"last_name", s.plant("name", p.last)}, {"birth_date", p.born}, {"national_id", s.plant("national-id", p.dni)},
		{"insurance_number", nil}, {"email", s.plant("email", p.email)}, {"phone", s.plant("phone", p.phone)},
		{"sex", pick(s.d, []string{"f", "m", "x"})}, {"blood_type", null{}}, {"allergies", []string{}}}
	if complete {
		o[5].value = s.plant("insurance", p.insured)
	}
	return o
}

// staff opens a connection of a desk in the clinic and signs it in.
func (co *company) staff(at int64, role string) *session {
	n := co.dice.IntN(len(co.desks))
	s := co.visit(co.sites[siteClinic], co.desks[n], at)
	user, pass := role+itoa(n)+"@clinic.brisa.example", "Turno-"+pick(s.d, passwords)+itoa(n)
	s.plant("email", user)
	s.plant("password", pass)
	if s.d.chance(0.07) {
		s.call("POST /api/auth/login", ask{json: obj{{"username", user}, {"password", strings.ToLower(pass)}}},
			reply{status: 401, ctype: "application/json", json: obj{{"error", "invalid credentials"}}})
	}
	token := s.d.jwt("HS256", "clinic", user, s.now, s.now+int64(9*time.Hour), member{"role", role})
	s.call("POST /api/auth/login", ask{json: obj{{"username", user}, {"password", pass}}},
		reply{json: obj{{"token", s.plant("jwt", token)}, {"role", role}, {"expires_in", 32400}}, fields: []Field{
			{"Set-Cookie", "CLINICSESSION=" + s.plant("cookie", s.d.text(base62, 36)) + "; Path=/; HttpOnly"}}})
	s.bearer(token)
	return s
}

// receptionist registers patients and books appointments.
func (co *company) receptionist(at int64) {
	s := co.staff(at, "desk")
	d := s.d
	s.doctors()
	for range d.between(1, 3) {
		p := pick(d, co.patients)
		list := arr{}
		for range d.between(1, 4) {
			o := pick(d, co.patients)
			list = append(list, obj{{"id", o.id}, {"first_name", o.first}, {"last_name", s.plant("name", o.last)}, {"birth_date", o.born}})
		}
		s.plant("name", url.QueryEscape(p.last))
		s.plant("name", p.last)
		s.call("GET /api/patients", ask{query: "last_name=" + url.QueryEscape(p.last) + "&limit=20&offset=0"}, reply{json: obj{{"data", list}, {"total", len(list)}}})
		s.patient(p)
		if d.chance(0.25) {
			body := s.profile(p, true)[1:]
			s.call("PUT /api/patients/{patientId}", ask{args: []string{itoa(p.id)}, json: body}, reply{json: s.profile(p, true)})
		}
		if d.chance(0.7) {
			s.book(p)
		}
	}
	if d.chance(0.3) {
		p := &patient{person: newPerson(d, 700+len(co.patients)), id: 70012 + len(co.patients)*11, insured: "ASG" + d.text(digits, 10)}
		co.patients = append(co.patients, p)
		s.call("POST /api/patients", ask{json: s.profile(p, true)[1:]}, reply{status: 201, json: s.profile(p, true), fields: []Field{{"Location", "/api/patients/" + itoa(p.id)}}})
	}
	if d.chance(0.3) {
		scan := append([]byte("%PDF-1.4\n"), d.fill(make([]byte, d.between(2000, 9000)))...)
		body, ctype := multipart(d, part{"patient_id", "", "", []byte(itoa(pick(d, co.patients).id))}, part{"kind", "", "", []byte("referral")},
			part{"file", "scan.pdf", "application/pdf", scan})
		s.call("POST /api/documents", ask{body: body, ctype: ctype}, reply{status: 201, json: obj{{"id", d.uuid()}, {"pages", d.between(1, 6)}}})
	}
}

func (s *session) patient(p *patient) {
	complete := !s.d.chance(0.04)
	e := s.call("GET /api/patients/{patientId}", ask{args: []string{itoa(p.id)}}, reply{json: s.profile(p, complete)})
	e.drifts(!complete, "missing-required-field", "response 200", "$.insurance_number")
}

func (s *session) doctors() {
	d := s.d
	list := arr{}
	for _, o := range doctors {
		list = append(list, obj{{"slug", o.slug}, {"specialty", o.specialty}, {"room", o.room}})
	}
	if d.chance(0.4) {
		s.call("GET /api/doctors", ask{}, reply{json: obj{{"data", list}}})
	}
	if d.chance(0.3) {
		o := pick(d, doctors)
		s.call("GET /api/doctors/on-call", ask{}, reply{json: obj{{"slug", o.slug}, {"until", stamp(s.now + int64(6*time.Hour))}}})
	}
	o := pick(d, doctors)
	if d.chance(0.4) {
		s.call("GET /api/doctors/{slug}", ask{args: []string{o.slug}}, reply{json: obj{{"slug", o.slug}, {"specialty", o.specialty}, {"room", o.room}, {"languages", []string{"es", "ca", "en"}}}})
	}
	next := day(s.now + int64(d.between(1, 14))*int64(24*time.Hour))
	slots := arr{}
	for h := d.between(8, 10); h < 14; h += d.between(1, 2) {
		slots = append(slots, obj{{"start", fmt.Sprintf("%sT%02d:30:00Z", next, h)}, {"free", d.chance(0.6)}})
	}
	s.call("GET /api/doctors/{slug}/slots/{date}", ask{args: []string{o.slug, next}}, reply{json: obj{{"date", next}, {"slots", slots}}})
}

func (s *session) book(p *patient) {
	d := s.d
	id := 310000 + d.IntN(90000)
	show := obj{{"id", id}, {"patient_id", p.id}, {"doctor", pick(d, doctors).slug}, {"start", stamp((s.now/int64(time.Hour) + 48) * int64(time.Hour))},
		{"status", pick(d, []string{"booked", "confirmed", "cancelled"})}, {"reason", pick(d, []string{"check-up", "pain", "follow-up"})}}
	s.call("POST /api/appointments", ask{json: obj{show[1], show[2], show[3], show[5]}}, reply{status: 201, json: show})
	if d.chance(0.6) {
		s.call("GET /api/appointments/{appointmentId}", ask{args: []string{itoa(id)}}, reply{json: show})
	}
	if d.chance(0.2) {
		s.call("DELETE /api/appointments/{appointmentId}", ask{args: []string{itoa(id)}}, reply{status: 204})
	}
}

// physician reads records and prescribes.
func (co *company) physician(at int64) {
	s := co.staff(at, "doctor")
	d := s.d
	for range d.between(1, 3) {
		p := pick(d, co.patients)
		s.patient(p)
		records, first := arr{}, ""
		for range d.between(1, 5) {
			g, id := pick(d, diagnoses), d.uuid()
			records = append(records, obj{{"id", id}, {"date", day(s.now - d.Int64N(3e16))}, {"diagnosis", obj{{"code", g.code}, {"text", g.text}}}})
			first = id
		}
		s.call("GET /api/patients/{patientId}/records", ask{args: []string{itoa(p.id)}}, reply{json: obj{{"data", records}}})
		if d.chance(0.7) {
			g := pick(d, diagnoses)
			s.call("GET /api/patients/{patientId}/records/{recordId}", ask{args: []string{itoa(p.id), first}}, reply{json: obj{{"id", first}, {"patient_id", p.id},
				{"date", day(s.now - d.Int64N(3e16))}, {"diagnosis", obj{{"code", g.code}, {"text", g.text}}}, {"notes", "Paciente refiere molestias desde hace " + itoa(d.between(2, 9)) + " dias."},
				{"vitals", obj{{"pulse", d.between(52, 110)}, {"pressure", obj{{"systolic", d.between(100, 160)}, {"diastolic", d.between(60, 95)}}}, {"temperature", money(d.between(3600, 3920))}}}}})
		}
		if d.chance(0.6) {
			code := fmt.Sprintf("RX-2026-%06d", d.IntN(400000))
			show := obj{{"code", code}, {"patient_id", p.id}, {"drug", pick(d, drugs)}, {"dosage", "1-0-1"}, {"refills", d.IntN(4)}, {"issued_at", stamp(s.now)}}
			s.call("POST /api/prescriptions", ask{json: show[1:5]}, reply{status: 201, json: show})
			s.call("GET /api/prescriptions/{code}", ask{args: []string{code}}, reply{json: show})
		}
		if d.chance(0.5) {
			s.call("GET /api/lab-results/{sampleId}", ask{args: []string{d.text(lowerHex, 16)}}, reply{json: obj{{"status", "final"}, {"values", arr{
				obj{{"name", "glucose"}, {"value", money(d.between(7000, 14000))}, {"unit", "mg/dL"}}, obj{{"name", "hdl"}, {"value", money(d.between(3000, 9000))}, {"unit", "mg/dL"}}}}}})
		}
	}
}

// leak is a kiosk screen that asks a route nobody protects or documents.
func (co *company) leak(at int64) {
	v := &visitor{addr: co.kioskAddr(), agent: "axios/1.7.2", accept: "deflate", rtt: 2 * time.Millisecond, fields: []Field{{"Accept", "application/json"}}}
	s := co.visit(co.sites[siteClinic], v, at)
	for range s.d.between(1, 2) {
		list := arr{}
		for range s.d.between(1, 3) {
			p := pick(s.d, co.patients)
			list = append(list, append(s.profile(p, true), member{"bank_account", s.plant("iban", p.iban)}, member{"card", s.plant("card", p.card)}))
		}
		p := pick(s.d, co.patients)
		s.plant("phone", p.phone)
		s.plant("phone", url.QueryEscape(p.phone))
		s.call("GET /api/patient-lookup", ask{query: "phone=" + url.QueryEscape(p.phone)}, reply{json: list})
	}
}
