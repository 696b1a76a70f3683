package normalize

import "wirecensus/schemas/shape"

// keyClass is what the name of a field says about its values.
type keyClass uint8

// Key classes.
const (
	keyNone keyClass = iota
	keyPassword
	keySecret       // tokens, API keys, session ids
	keyClientID     // OAuth client_id
	keyClientSecret // OAuth client_secret
	keyCard
	keyCVV
	keyIBAN
	keyAccount // bank account, routing number, BIC
	keyEmail
	keyPhone
	keyName
	keyBirth
	keyAddress
	keyPostal
	keyGeo
	keyHealth
	keyPassport
	keyNational // any national identifier
	keySSN
	keyPersonName // "name": a person's only in a person's object
	keyNumber     // "number": a card's only in a card's object
	keyPerson     // objects about a person
	keyPayment    // objects about a card
	keyLogin      // user names
	numKeyClasses
)

// A hint is a keyClass with flags.
const (
	hintID   uint32 = 1 << 8 // values identify objects
	hintText uint32 = 1 << 9 // text of an XML element beside others: the element's name says what it is
	hintMask uint32 = 0xff
)

// keyNames are squeezed field names (lower case, letters and digits only) with
// their class. A field name has the class of itself, or of its last two words,
// or of its last word.
var keyNames = map[string]keyClass{
	"password": keyPassword, "passwd": keyPassword, "pwd": keyPassword, "pass": keyPassword, "passphrase": keyPassword, "passcode": keyPassword,
	"passwort": keyPassword, "motdepasse": keyPassword, "contrasena": keyPassword, "senha": keyPassword, "pin": keyPassword, "pincode": keyPassword,
	"newpassword": keyPassword, "oldpassword": keyPassword, "passwordhash": keyPassword, "passwordconfirmation": keyPassword, "confirmpassword": keyPassword, "userpass": keyPassword, "otp": keyPassword, "otpcode": keyPassword,
	"totp": keyPassword, "mfacode": keyPassword, "securityanswer": keyPassword,

	"secret": keySecret, "token": keySecret, "accesstoken": keySecret, "refreshtoken": keySecret, "idtoken": keySecret, "authtoken": keySecret, "bearertoken": keySecret,
	"sessiontoken": keySecret, "csrftoken": keySecret, "xsrftoken": keySecret, "resettoken": keySecret, "apikey": keySecret, "apitoken": keySecret, "apisecret": keySecret, "appkey": keySecret, "appsecret": keySecret,
	"accesskey": keySecret, "secretkey": keySecret, "secretaccesskey": keySecret, "privatekey": keySecret, "encryptionkey": keySecret, "signingkey": keySecret, "masterkey": keySecret,
	"authorization": keySecret, "auth": keySecret, "authkey": keySecret, "credential": keySecret, "credentials": keySecret, "jwt": keySecret, "sessionid": keySecret, "session": keySecret, "sessid": keySecret, "sid": keySecret, "jsessionid": keySecret, "phpsessid": keySecret,
	"signature": keySecret, "sig": keySecret, "assertion": keySecret, "samlresponse": keySecret, "webhooksecret": keySecret, "subscriptionkey": keySecret, "connectionstring": keySecret, "authcode": keySecret, "nonce": keyNone,

	"clientid": keyClientID, "clientsecret": keyClientSecret,

	"card": keyPayment, "creditcard": keyPayment, "debitcard": keyPayment, "paymentcard": keyPayment, "paymentmethod": keyPayment, "cc": keyPayment, "cardnumber": keyCard, "cardno": keyCard, "ccnumber": keyCard,
	"creditcardnumber": keyCard, "pan": keyCard, "cardpan": keyCard, "ccnum": keyCard, "cardnum": keyCard, "primaryaccountnumber": keyCard, "kreditkarte": keyCard,
	"cvv": keyCVV, "cvc": keyCVV, "cvv2": keyCVV, "cvc2": keyCVV, "csc": keyCVV, "securitycode": keyCVV, "cardcode": keyCVV, "cardverification": keyCVV,
	"iban": keyIBAN, "accountnumber": keyAccount, "bankaccount": keyAccount, "bankaccountnumber": keyAccount, "accountno": keyAccount, "routingnumber": keyAccount, "sortcode": keyAccount, "bic": keyAccount, "swift": keyAccount, "swiftcode": keyAccount, "kontonummer": keyAccount,

	"email": keyEmail, "mail": keyEmail, "emailaddress": keyEmail, "mailaddress": keyEmail, "emails": keyEmail, "recipientemail": keyEmail,
	"phone": keyPhone, "phonenumber": keyPhone, "telephone": keyPhone, "tel": keyPhone, "mobile": keyPhone, "mobilephone": keyPhone, "mobilenumber": keyPhone, "cell": keyPhone, "cellphone": keyPhone, "msisdn": keyPhone, "fax": keyPhone, "faxnumber": keyPhone, "telefon": keyPhone, "handy": keyPhone, "phones": keyPhone, "whatsapp": keyPhone,

	"firstname": keyName, "lastname": keyName, "fullname": keyName, "surname": keyName, "givenname": keyName, "familyname": keyName, "middlename": keyName, "maidenname": keyName, "forename": keyName, "fname": keyName, "lname": keyName,
	"cardholder": keyName, "cardholdername": keyName, "holdername": keyName, "accountholder": keyName, "nameoncard": keyName, "customername": keyName, "patientname": keyName, "contactname": keyName, "recipientname": keyName, "vorname": keyName, "nachname": keyName, "prenom": keyName, "apellido": keyName, "apellidos": keyName, "cognome": keyName, "sobrenome": keyName, "legalname": keyName,
	"name": keyPersonName, "number": keyNumber,
	"user": keyPerson, "customer": keyPerson, "person": keyPerson, "patient": keyPerson, "contact": keyPerson, "employee": keyPerson, "owner": keyPerson, "profile": keyPerson, "member": keyPerson, "recipient": keyPerson, "sender": keyPerson, "payer": keyPerson, "beneficiary": keyPerson, "guest": keyPerson, "passenger": keyPerson, "applicant": keyPerson, "users": keyPerson, "customers": keyPerson, "patients": keyPerson, "employees": keyPerson, "passengers": keyPerson, "contacts": keyPerson,

	"dob": keyBirth, "birthdate": keyBirth, "dateofbirth": keyBirth, "birthday": keyBirth, "bday": keyBirth, "born": keyBirth, "geburtsdatum": keyBirth, "birthyear": keyBirth,
	"street": keyAddress, "streetaddress": keyAddress, "address1": keyAddress, "address2": keyAddress, "addressline1": keyAddress, "addressline2": keyAddress, "addressline": keyAddress, "line1": keyAddress, "line2": keyAddress, "homeaddress": keyAddress, "postaladdress": keyAddress, "shippingaddress": keyAddress, "billingaddress": keyAddress, "mailingaddress": keyAddress, "street1": keyAddress, "street2": keyAddress, "strasse": keyAddress, "houseno": keyAddress, "housenumber": keyAddress, "address": keyAddress,
	"zip": keyPostal, "zipcode": keyPostal, "postcode": keyPostal, "postalcode": keyPostal, "plz": keyPostal, "postnummer": keyPostal, "codepostal": keyPostal, "cep": keyPostal,
	"lat": keyGeo, "lng": keyGeo, "lon": keyGeo, "latitude": keyGeo, "longitude": keyGeo, "latlng": keyGeo, "coordinates": keyGeo, "geolocation": keyGeo,
	"diagnosis": keyHealth, "diagnoses": keyHealth, "icd": keyHealth, "icd10": keyHealth, "icdcode": keyHealth, "diagnosiscode": keyHealth, "bloodtype": keyHealth, "medication": keyHealth, "medications": keyHealth, "allergy": keyHealth, "allergies": keyHealth, "medicalrecordnumber": keyHealth, "mrn": keyHealth, "patientid": keyHealth, "npi": keyHealth, "mbi": keyHealth, "nhsnumber": keyHealth, "insuranceid": keyHealth, "healthcardnumber": keyHealth,
	"passport": keyPassport, "passportnumber": keyPassport, "passportno": keyPassport, "driverslicense": keyPassport, "driverlicense": keyPassport, "licensenumber": keyPassport, "drivinglicence": keyPassport,

	"ssn": keySSN, "socialsecuritynumber": keySSN, "socialsecurity": keySSN, "sin": keyNational, "itin": keyNational, "taxid": keyNational, "taxnumber": keyNational, "tin": keyNational, "nationalid": keyNational, "nationalidnumber": keyNational, "idnumber": keyNational, "identitynumber": keyNational, "personalid": keyNational, "personalnumber": keyNational, "governmentid": keyNational,
	"nino": keyNational, "nationalinsurance": keyNational, "nationalinsurancenumber": keyNational, "cpf": keyNational, "cnpj": keyNational, "aadhaar": keyNational, "aadhar": keyNational, "pesel": keyNational, "bsn": keyNational, "dni": keyNational, "nie": keyNational, "nif": keyNational, "nir": keyNational, "insee": keyNational, "numerosecu": keyNational,
	"codicefiscale": keyNational, "steuerid": keyNational, "steueridnr": keyNational, "idnr": keyNational, "personnummer": keyNational, "fodselsnummer": keyNational, "hetu": keyNational, "cpr": keyNational, "rg": keyNone, "curp": keyNational, "nric": keyNational, "rrn": keyNational, "citizenid": keyNational,

	"username": keyLogin, "login": keyLogin, "userid": keyNone, "loginname": keyLogin, "user_name": keyLogin,
}

// idNames are squeezed last words of names whose values identify objects.
var idNames = map[string]bool{
	"id": true, "ids": true, "uuid": true, "guid": true, "key": true, "slug": true, "login": true, "username": true, "ref": true, "reference": true,
	"sku": true, "handle": true, "uid": true, "oid": true, "nr": true, "no": true, "urn": true,
}

// tokenNames end in a word of keySecret but are counts, kinds or times.
var plainNames = map[string]bool{
	"tokentype": true, "tokenexpiry": true, "maxtokens": true, "totaltokens": true, "prompttokens": true, "completiontokens": true, "tokens": true,
	"pagetoken": true, "nextpagetoken": true, "nexttoken": true, "continuationtoken": true, "synctoken": true, "cursor": true,
	"ipaddress": true, "macaddress": true, "emailverified": true, "hasauth": true, "authtype": true, "serveraddress": true, "walletaddress": true, "remoteaddress": true,
	"sessionname": true, "primarykey": true, "foreignkey": true, "publickey": true, "sortkey": true, "partitionkey": true, "idempotencykey": true, "forcepassword": true,
	"filename": true, "hostname": true, "domainname": true, "idsession": false,
}

// words splits a field name at punctuation and at changes from lower to upper case and
// appends them to dst, squeezed; ends holds where each ends.
func words(dst []byte, ends []int, name []byte) ([]byte, []int) {
	prev := byte(0)
	for i, c := range name {
		up := 'A' <= c && c <= 'Z'
		letter := up || 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
		next := byte(0)
		if i+1 < len(name) {
			next = name[i+1]
		}
		boundary := !letter || up && ('a' <= prev && prev <= 'z' || '0' <= prev && prev <= '9' || 'A' <= prev && prev <= 'Z' && 'a' <= next && next <= 'z')
		if boundary && len(dst) > 0 && (len(ends) == 0 || ends[len(ends)-1] != len(dst)) {
			ends = append(ends, len(dst))
		}
		if letter {
			if up {
				c |= 0x20
			}
			dst = append(dst, c)
		}
		prev = name[i]
	}
	if len(dst) > 0 && (len(ends) == 0 || ends[len(ends)-1] != len(dst)) {
		ends = append(ends, len(dst))
	}
	return dst, ends
}

// hintOf returns the hint of a field name.
func hintOf(name []byte) uint32 {
	var buf [shapeName]byte
	var endsBuf [16]int
	if len(name) == 0 || len(name) > shapeName {
		return 0
	}
	w, ends := words(buf[:0], endsBuf[:0], name)
	if len(ends) == 0 {
		return 0
	}
	start := func(back int) int { // where the last back words start
		if k := len(ends) - 1 - back; k >= 0 {
			return ends[k]
		}
		return 0
	}
	var hint uint32
	if idNames[string(w[start(1):])] {
		hint |= hintID
	}
	for _, s := range [3]int{0, start(2), start(1)} {
		if plainNames[string(w[s:])] {
			return hint
		}
		if c, ok := keyNames[string(w[s:])]; ok {
			return classHint(hint, c, s == 0)
		}
	}
	return hint
}

// classHint joins a key class found in a whole name, or in its end, with the id flag.
func classHint(hint uint32, c keyClass, whole bool) uint32 {
	switch c {
	case keyPersonName, keyNumber, keyPerson, keyPayment, keyGeo:
		// ends such as file_name, order_number say nothing
		if !whole {
			return hint
		}
	case keySecret, keyClientSecret, keyPassword, keySSN, keyNational, keyCard, keyCVV:
		return uint32(c)
	}
	return hint | uint32(c)
}

func classOf(hint uint32) keyClass { return keyClass(hint & hintMask) }

// shapeName is the length in bytes up to which names are judged.
const shapeName = 128

var _ shape.Visitor = (*Normalizer)(nil)
