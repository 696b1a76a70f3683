package synth

var firstNames = []string{"Lucia", "Mateo", "Martina", "Hugo", "Sofia", "Leo", "Valeria", "Daniel", "Julia", "Alejandro",
	"Paula", "Manuel", "Emma", "Pablo", "Daniela", "Alvaro", "Carla", "Adrian", "Alma", "Enzo", "Olivia", "Mario", "Noa",
	"Diego", "Vega", "David", "Carmen", "Oliver", "Lara", "Marcos", "Ines", "Thiago", "Jimena", "Marco", "Abril", "Izan"}

var lastNames = []string{"Garcia", "Rodriguez", "Gonzalez", "Fernandez", "Lopez", "Martinez", "Sanchez", "Perez", "Gomez",
	"Martin", "Jimenez", "Hernandez", "Ruiz", "Diaz", "Moreno", "Alvarez", "Romero", "Gutierrez", "Navarro", "Torres",
	"Dominguez", "Ramos", "Vazquez", "Serrano", "Molina", "Castro", "Ortega", "Delgado", "Iglesias", "Cortes"}

var streets = []string{"Calle Mayor", "Avenida de la Constitucion", "Calle del Carmen", "Paseo Maritimo", "Plaza de Espana",
	"Calle San Vicente", "Ronda Norte", "Camino Viejo", "Calle Larios", "Gran Via"}

var towns = []string{"28013 Madrid", "08002 Barcelona", "46001 Valencia", "41001 Sevilla", "29005 Malaga", "48005 Bilbao",
	"20003 Donostia", "15001 A Coruna", "03001 Alicante", "35003 Las Palmas"}

var passwords = []string{"MareaAlta", "SolYPlaya", "Barrilete", "TablaRoja", "Gaviota", "CafeConHielo", "Verano", "Primavera"}

// goods are name, category, price in cents.
var goods = []struct {
	name, category string
	cents          int
}{
	{"Longboard 9.2 Classic", "boards", 64900}, {"Fish 5.8 Twin", "boards", 48900}, {"Foamie 7.0 Beginner", "boards", 25900},
	{"Gun 7.6 Winter", "boards", 71900}, {"Skimboard 48 Carbon", "boards", 18900}, {"Bodyboard 42 Pro", "boards", 12900},
	{"Wetsuit 4/3 Steamer", "wetsuits", 27900}, {"Wetsuit 3/2 Zipless", "wetsuits", 24900}, {"Shorty 2mm Kids", "wetsuits", 8900},
	{"Neoprene Boots 5mm", "wetsuits", 5900}, {"Hood 3mm", "wetsuits", 3900}, {"Gloves 2mm", "wetsuits", 3490},
	{"Leash 6ft Comp", "accessories", 2990}, {"Leash 9ft Long", "accessories", 3490}, {"Fin Set Thruster M", "accessories", 7990},
	{"Single Fin 9.5", "accessories", 4990}, {"Wax Cool Water", "accessories", 350}, {"Wax Tropical", "accessories", 350},
	{"Board Bag 7.0", "accessories", 6990}, {"Roof Rack Pads", "accessories", 4490}, {"Tail Pad 3 Piece", "accessories", 3990},
	{"Poncho Towel", "apparel", 4990}, {"Boardshorts 19in", "apparel", 5990}, {"Rash Guard UV50", "apparel", 3990},
	{"Bucket Hat Reversible", "apparel", 2490}, {"Hoodie Organic", "apparel", 6490}, {"Flip Flops Cork", "apparel", 2990},
	{"SUP Touring 11.6", "sup", 89900}, {"SUP Inflatable 10.6", "sup", 44900}, {"Paddle Carbon 3 Piece", "sup", 15900},
	{"SUP Pump Double", "sup", 5990}, {"Dry Bag 20L", "sup", 2990}, {"Life Vest 50N", "sup", 6490},
	{"Wing 5.0 Allround", "wing", 69900}, {"Foil Board 6.2", "wing", 109900}, {"Wrist Leash Coil", "wing", 2990},
	{"Impact Vest", "wing", 9990}, {"Helmet Water", "wing", 5490}, {"Repair Kit Epoxy", "accessories", 1990}, {"Surf Wagon", "accessories", 11900},
}

var doctors = []struct{ slug, specialty, room string }{
	{"dr-amparo-belda", "cardiology", "1.04"}, {"dr-quique-oltra", "dermatology", "1.06"}, {"dr-berta-llull", "paediatrics", "2.01"},
	{"dr-xavi-fuster", "orthopaedics", "2.07"}, {"dr-nuria-ferrandis", "general-practice", "0.02"}, {"dr-tono-mulet", "general-practice", "0.03"},
	{"dr-gala-pinol", "gynaecology", "3.01"}, {"dr-bruno-escriva", "ophthalmology", "3.05"}, {"dr-irene-calafat", "radiology", "0.11"},
}

var diagnoses = []struct{ code, text string }{
	{"J06.9", "Acute upper respiratory infection"}, {"I10", "Essential hypertension"}, {"E11.9", "Type 2 diabetes mellitus"},
	{"M54.5", "Low back pain"}, {"L20.9", "Atopic dermatitis"}, {"S93.4", "Sprain of ankle"}, {"H52.1", "Myopia"}, {"K21.0", "Reflux oesophagitis"},
}

var drugs = []string{"ibuprofen 600 mg", "amoxicillin 500 mg", "metformin 850 mg", "enalapril 10 mg", "omeprazole 20 mg", "cetirizine 10 mg"}

var opinions = []string{"Held up well through a whole winter of use.", "Runs small, order one size up.", "Exactly what I wanted, arrived in two days.",
	"The stitching came loose after a month.", "Great value for beginners.", "Colour differs a little from the photo.", "Would buy again!"}

var browsers = []string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15",
	"Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Safari/537.36 Edg/136.0.0.0",
}

var mobileAgents = []string{"BrisaShop/4.12.0 (iOS 18.5; iPhone15,2) CFNetwork/1568.300", "BrisaShop/4.11.3 (Android 15; Pixel 8) okhttp/4.12.0"}

// probes are what scanners try.
var probes = []string{"/.env", "/.git/config", "/wp-login.php", "/wp-admin/setup-config.php", "/wordpress/wp-includes/wlwmanifest.xml", "/xmlrpc.php?rsd",
	"/phpmyadmin/index.php", "/admin/config.php", "/actuator/env", "/actuator/health", "/server-status", "/.aws/credentials", "/backup.sql", "/backup.zip",
	"/cgi-bin/luci/;stok=/locale?form=country", "/solr/admin/info/system?wt=json", "/HNAP1/", "/boaform/admin/formLogin", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
	"/_ignition/execute-solution", "/api/v1/pods", "/console/", "/manager/html", "/owa/auth/logon.aspx", "/.DS_Store", "/config.json.bak", "/debug/pprof/",
	"/v2/_catalog", "/v3/api-docs", "/swagger-ui.html", "/graphql", "/login.action", "/struts2-showcase/index.action", "/users/1%20OR%201=1", "/v2/products/..%2f..%2fetc%2fpasswd",
	"/?s=/Index/think/app/invokefunction", "/telescope/requests", "/.vscode/sftp.json", "/storage/logs/laravel.log", "/old/", "/test.php"}
