package shape

// countries and currencies are bit sets indexed by letters, built from the code lists.
var (
	countries  = codeSet(countryCodes, 2)
	currencies = codeSet(currencyCodes, 3)
)

// countryCodes are the officially assigned codes of ISO 3166-1 alpha-2.
const countryCodes = "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZ" +
	"ECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLY" +
	"MAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZ" +
	"TCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZW"

// currencyCodes are the codes of ISO 4217 for money in circulation.
const currencyCodes = "AEDAFNALLAMDANGAOAARSAUDAWGAZNBAMBBDBDTBGNBHDBIFBMDBNDBOBBRLBSDBTNBWPBYNBZDCADCDFCHFCLPCNYCOPCRCCUPCVECZKDJFDKKDOPDZDEGPERNETBEUR" +
	"FJDFKPGBPGELGHSGIPGMDGNFGTQGYDHKDHNLHTGHUFIDRILSINRIQDIRRISKJMDJODJPYKESKGSKHRKMFKPWKRWKWDKYDKZTLAKLBPLKRLRDLSLLYDMADMDLMGAMKDMMKMNTMOPMRUMURMVRMWK" +
	"MXNMYRMZNNADNGNNIONOKNPRNZDOMRPABPENPGKPHPPKRPLNPYGQARRONRSDRUBRWFSARSBDSCRSDGSEKSGDSHPSLESOSSRDSSPSTNSYPSZLTHBTJSTMTTNDTOPTRYTTDTWDTZSUAHUGXUSDUYUUZS" +
	"VESVNDVUVWSTXAFXCDXOFXPFYERZARZMWZWL"

func codeSet(list string, n int) (set [(26*26*26 + 63) / 64]uint64) {
	for i := 0; i+n <= len(list); i += n {
		k := codeIndex([]byte(list[i : i+n]))
		set[k/64] |= 1 << (k % 64)
	}
	return set
}

func codeIndex(s []byte) uint {
	k := uint(0)
	for _, c := range s {
		k = k*26 + uint(c-'A')
	}
	return k
}

// isCountry reports whether the two upper-case letters s are a country code.
func isCountry(s []byte) bool {
	if s[0]-'A' > 25 || s[1]-'A' > 25 {
		return false
	}
	k := codeIndex(s)
	return countries[k/64]&(1<<(k%64)) != 0
}

// isCurrency reports whether the three upper-case letters s are a currency code.
func isCurrency(s []byte) bool {
	k := codeIndex(s)
	return currencies[k/64]&(1<<(k%64)) != 0
}
