package tls

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
)

// privateKeys returns the RSA private keys in PEM blocks of b.
func privateKeys(b []byte) ([]*rsa.PrivateKey, error) {
	var found []*rsa.PrivateKey
	for {
		var block *pem.Block
		if block, b = pem.Decode(b); block == nil {
			break
		}
		switch block.Type {
		case "RSA PRIVATE KEY":
			if k, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
				found = append(found, k)
			}
		case "PRIVATE KEY":
			if k, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
				if k, ok := k.(*rsa.PrivateKey); ok {
					found = append(found, k)
				}
			}
		}
	}
	if len(found) == 0 {
		return nil, errNoKey
	}
	return found, nil
}

// unwrap decrypts an encrypted premaster secret, RFC 5246, Section 7.4.7.1, with the
// key of the certificate, or with every key when the certificate was not seen. It
// returns nil when no key fits.
func unwrap(keys []*rsa.PrivateKey, cert, sealed []byte) []byte {
	var public *rsa.PublicKey
	if len(cert) > 0 {
		if c, err := x509.ParseCertificate(cert); err == nil {
			public, _ = c.PublicKey.(*rsa.PublicKey)
			if public == nil {
				return nil
			}
		}
	}
	for _, k := range keys {
		if public != nil && !k.PublicKey.Equal(public) {
			continue
		}
		// A padding that is wrong gives these bytes, which then decrypt nothing.
		fallback := sha256.Sum256(sealed)
		out := append(fallback[:], fallback[:16]...)
		out[0] = 0
		//lint:ignore SA1019 the deprecated padding is what RSA key exchange has
		if rsa.DecryptPKCS1v15SessionKey(nil, k, sealed, out) != nil {
			continue
		}
		if public == nil && out[0] != 3 {
			continue
		}
		return out
	}
	return nil
}
