"""The words of the demo's world in six languages, and a reader for them; `templates` has the questions about them.

Columns are separated by two or more spaces, so a word may contain one. No native speaker checked the translations.
"""

import re
from typing import NamedTuple

LANGUAGES = ("en", "de", "es", "id", "hi", "sw")

Word = tuple[str, ...]  # one text per language, in the order of LANGUAGES


class Fact(NamedTuple):
    """``word`` is correct when the relation is asked about ``cue``: a member of a group, a capital, an opposite."""

    relation: str
    cue: Word
    word: Word

    @property
    def name(self) -> str:
        """The relation and its English words, which identify the fact."""
        return f"{self.relation}: {self.cue[0]} -> {self.word[0]}"


GROUPS = """
animals      Tiere           animales      hewan          जानवर      wanyama
  dog        Hund            perro         anjing         कुत्ता       mbwa
  cat        Katze           gato          kucing         बिल्ली      paka
  horse      Pferd           caballo       kuda           घोड़ा       farasi
  cow        Kuh             vaca          sapi           गाय        ng'ombe
  bird       Vogel           pájaro        burung         पक्षी       ndege
  fish       Fisch           pez           ikan           मछली       samaki
  lion       Löwe            león          singa          शेर        simba
  elephant   Elefant         elefante      gajah          हाथी       tembo
foods        Lebensmittel    comida        makanan        भोजन       chakula
  apple      Apfel           manzana       apel           सेब        tufaha
  banana     Banane          plátano       pisang         केला       ndizi
  bread      Brot            pan           roti           रोटी       mkate
  rice       Reis            arroz         nasi           चावल       wali
  egg        Ei              huevo         telur          अंडा       yai
  cheese     Käse            queso         keju           पनीर       jibini
  salt       Salz            sal           garam          नमक        chumvi
  honey      Honig           miel          madu           शहद        asali
colours      Farben          colores       warna          रंग        rangi
  red        rot             rojo          merah          लाल        nyekundu
  green      grün            verde         hijau          हरा        kijani
  blue       blau            azul          biru           नीला       bluu
  yellow     gelb            amarillo      kuning         पीला       njano
  black      schwarz         negro         hitam          काला       nyeusi
  white      weiß            blanco        putih          सफ़ेद       nyeupe
  brown      braun           marrón        cokelat        भूरा        kahawia
  grey       grau            gris          kelabu         स्लेटी      kijivu
body parts   Körperteile     partes del cuerpo  anggota tubuh  अंग   viungo vya mwili
  hand       Hand            mano          tangan         हाथ        mkono
  head       Kopf            cabeza        kepala         सिर        kichwa
  eye        Auge            ojo           mata           आँख        jicho
  nose       Nase            nariz         hidung         नाक        pua
  foot       Fuß             pie           kaki           पैर        mguu
  mouth      Mund            boca          mulut          मुँह        mdomo
  ear        Ohr             oreja         telinga        कान        sikio
  heart      Herz            corazón       jantung        दिल        moyo
furniture    Möbel           muebles       perabot        फ़र्नीचर     samani
  table      Tisch           mesa          meja           मेज़        meza
  chair      Stuhl           silla         kursi          कुर्सी      kiti
  bed        Bett            cama          ranjang        बिस्तर      kitanda
  lamp       Lampe           lámpara       lampu          दीपक       taa
  mirror     Spiegel         espejo        cermin         दर्पण       kioo
  cupboard   Schrank         armario       lemari         अलमारी     kabati
  sofa       Sofa            sofá          sofa           सोफ़ा       kochi
  bench      Bank            banco         bangku         बेंच        benchi
clothes      Kleidung        ropa          pakaian        कपड़े       nguo
  shirt      Hemd            camisa        kemeja         कमीज़      shati
  shoe       Schuh           zapato        sepatu         जूता        kiatu
  hat        Hut             sombrero      topi           टोपी       kofia
  trousers   Hose            pantalón      celana         पतलून      suruali
  dress      Kleid           vestido       gaun           पोशाक      gauni
  belt       Gürtel          cinturón      sabuk          पेटी       mkanda
  coat       Mantel          abrigo        mantel         कोट        koti
  skirt      Rock            falda         rok            घाघरा      sketi
vehicles     Fahrzeuge       vehículos     kendaraan      वाहन       vyombo vya usafiri
  car        Auto            coche         mobil          कार        gari
  bus        Bus             autobús       bus            बस         basi
  train      Zug             tren          kereta         रेलगाड़ी     treni
  ship       Schiff          barco         kapal          जहाज़       meli
  tractor    Traktor         tractor       traktor        ट्रैक्टर      trekta
  bicycle    Fahrrad         bicicleta     sepeda         साइकिल     baiskeli
  truck      Lastwagen       camión        truk           ट्रक        lori
  boat       Boot            bote          perahu         नाव        mashua
professions  Berufe          profesiones   pekerjaan      पेशे        kazi
  doctor     Arzt            médico        dokter         डॉक्टर      daktari
  teacher    Lehrer          maestro       guru           शिक्षक      mwalimu
  farmer     Bauer           granjero      petani         किसान      mkulima
  cook       Koch            cocinero      koki           रसोइया     mpishi
  soldier    Soldat          soldado       tentara        सैनिक      askari
  singer     Sänger          cantante      penyanyi       गायक       mwimbaji
  driver     Fahrer          conductor     sopir          चालक       dereva
  judge      Richter         juez          hakim          न्यायाधीश    hakimu
numbers      Zahlen          números       angka          संख्याएँ     nambari
  two        zwei            dos           dua            दो         mbili
  three      drei            tres          tiga           तीन        tatu
  four       vier            cuatro        empat          चार        nne
  five       fünf            cinco         lima           पाँच       tano
  six        sechs           seis          enam           छह         sita
  seven      sieben          siete         tujuh          सात        saba
  eight      acht            ocho          delapan        आठ         nane
  nine       neun            nueve         sembilan       नौ         tisa
tools        Werkzeuge       herramientas  perkakas       औज़ार      zana
  knife      Messer          cuchillo      pisau          चाकू        kisu
  spoon      Löffel          cuchara       sendok         चम्मच      kijiko
  key        Schlüssel       llave         kunci          चाबी       ufunguo
  pen        Stift           bolígrafo     pena           कलम        kalamu
  hammer     Hammer          martillo      palu           हथौड़ा      nyundo
  saw        Säge            sierra        gergaji        आरी        msumeno
  needle     Nadel           aguja         jarum          सुई        sindano
  broom      Besen           escoba        sapu           झाड़ू        ufagio
"""

CAPITALS = """
France       Frankreich      Francia       Prancis        फ़्रांस      Ufaransa
  Paris      Paris           París         Paris          पेरिस      Paris
Germany      Deutschland     Alemania      Jerman         जर्मनी      Ujerumani
  Berlin     Berlin          Berlín        Berlin         बर्लिन      Berlin
Spain        Spanien         España        Spanyol        स्पेन       Uhispania
  Madrid     Madrid          Madrid        Madrid         मैड्रिड      Madrid
Italy        Italien         Italia        Italia         इटली       Italia
  Rome       Rom             Roma          Roma           रोम        Roma
Russia       Russland        Rusia         Rusia          रूस        Urusi
  Moscow     Moskau          Moscú         Moskwa         मॉस्को      Moscow
Japan        Japan           Japón         Jepang         जापान      Japani
  Tokyo      Tokio           Tokio         Tokyo          टोक्यो      Tokyo
India        Indien          India         India          भारत       India
  Delhi      Delhi           Delhi         Delhi          दिल्ली      Delhi
Kenya        Kenia           Kenia         Kenya          केन्या      Kenya
  Nairobi    Nairobi         Nairobi       Nairobi        नैरोबी      Nairobi
Indonesia    Indonesien      Indonesia     Indonesia      इंडोनेशिया   Indonesia
  Jakarta    Jakarta         Yakarta       Jakarta        जकार्ता     Jakarta
Egypt        Ägypten         Egipto        Mesir          मिस्र       Misri
  Cairo      Kairo           El Cairo      Kairo          काहिरा     Kairo
Greece       Griechenland    Grecia        Yunani         यूनान      Ugiriki
  Athens     Athen           Atenas        Athena         एथेंस       Athens
Cuba         Kuba            Cuba          Kuba           क्यूबा      Kuba
  Havana     Havanna         La Habana     Havana         हवाना      Havana
"""

OPPOSITES = """
hot          heiß            caliente      panas          गरम        moto
  cold       kalt            frío          dingin         ठंडा        baridi
big          groß            grande        besar          बड़ा        kubwa
  small      klein           pequeño       kecil          छोटा       ndogo
new          neu             nuevo         baru           नया        mpya
  old        alt             viejo         lama           पुराना      zamani
fast         schnell         rápido        cepat          तेज़        haraka
  slow       langsam         lento         lambat         धीमा       polepole
day          Tag             día           siang          दिन        mchana
  night      Nacht           noche         malam          रात        usiku
up           oben            arriba        atas           ऊपर        juu
  down       unten           abajo         bawah          नीचे        chini
open         offen           abierto       terbuka        खुला       wazi
  closed     geschlossen     cerrado       tertutup       बंद        imefungwa
long         lang            largo         panjang        लंबा       ndefu
  short      kurz            corto         pendek         नाटा       fupi
strong       stark           fuerte        kuat           मज़बूत      imara
  weak       schwach         débil         lemah          कमज़ोर     dhaifu
rich         reich           rico          kaya           अमीर       tajiri
  poor       arm             pobre         miskin         ग़रीब       maskini
"""


def read(block: str, relation: str) -> list[Fact]:
    """Return the facts of one block: each indented row is a word, the last unindented row above it its cue.

    Raises ValueError if a row does not have one word per language.
    """
    facts, cue = [], ()
    for line in block.strip("\n").split("\n"):
        word = tuple(re.split(r" {2,}", line.strip()))
        if len(word) != len(LANGUAGES):
            raise ValueError(f"{relation}: {len(word)} instead of {len(LANGUAGES)} words in {line!r}")
        if line.startswith(" "):
            facts.append(Fact(relation, cue, word))
        else:
            cue = word
    return facts


def _both_ways(facts: list[Fact]) -> list[Fact]:
    return facts + [Fact(fact.relation, fact.word, fact.cue) for fact in facts]


FACTS = {
    "group": read(GROUPS, "group"),
    "capital": read(CAPITALS, "capital"),
    "opposite": _both_ways(read(OPPOSITES, "opposite")),
}
