"""Wordings of the demo's three families of questions in each language, and a reader for them.

A block has one line per language, in the order of `lexicon.LANGUAGES`. Word orders differ on purpose, also within a
language: a model that learned "the answer fits the word before the question mark" would fail in Hindi and Swahili.
"""

from crosslens.demo.lexicon import LANGUAGES, Word

Template = tuple[str, ...]  # one text per language, in the order of LANGUAGES


def read(block: str) -> list[Template]:
    """Return the templates of a text of blocks with one line per language, separated by blank lines.

    Raises ValueError if a block has another number of lines.
    """
    templates = [tuple(part.strip().split("\n")) for part in block.split("\n\n")]
    if any(len(template) != len(LANGUAGES) for template in templates):
        raise ValueError(f"a template needs one line per language, in the order {LANGUAGES}: {block!r}")
    return templates


QUESTIONS = {  # mMMLU: a plain question
    "group": read("""
Which word belongs to {cue}?
Welches Wort gehört zu {cue}?
¿Qué palabra pertenece a {cue}?
Kata mana yang termasuk {cue}?
{cue} में कौन सा शब्द आता है?
Neno gani liko katika {cue}?

The group is {cue}. Which word fits?
Die Gruppe ist {cue}. Welches Wort passt?
El grupo es {cue}. ¿Qué palabra encaja?
Kelompoknya adalah {cue}. Kata mana yang cocok?
समूह {cue} है। कौन सा शब्द ठीक है?
Kundi ni {cue}. Neno gani linafaa?"""),
    "capital": read("""
What is the capital of {cue}?
Was ist die Hauptstadt von {cue}?
¿Cuál es la capital de {cue}?
Apa ibu kota {cue}?
{cue} की राजधानी क्या है?
Mji mkuu wa {cue} ni upi?

In {cue}, which city is the capital?
Welche Stadt ist in {cue} die Hauptstadt?
En {cue}, ¿qué ciudad es la capital?
Di {cue}, kota mana yang menjadi ibu kota?
कौन सा शहर {cue} की राजधानी है?
Katika {cue}, mji mkuu ni upi?"""),
    "opposite": read("""
What is the opposite of {cue}?
Was ist das Gegenteil von {cue}?
¿Cuál es el opuesto de {cue}?
Apa lawan kata {cue}?
{cue} का उल्टा क्या है?
Kinyume cha {cue} ni nini?

The word is {cue}. What is its opposite?
Das Wort ist {cue}. Was ist sein Gegenteil?
La palabra es {cue}. ¿Cuál es su opuesto?
Katanya adalah {cue}. Apa lawannya?
शब्द {cue} है। इसका उल्टा क्या है?
Neno ni {cue}. Kinyume chake ni nini?"""),
}

BEGINNINGS = {  # mHellaSwag: a sentence to be completed
    "group": read("""
An example of {cue} is
Zur Gruppe {cue} gehört
Del grupo {cue} forma parte
Salah satu {cue} adalah
{cue} में से एक है
Mfano mmoja wa {cue} ni

A list of {cue} has the word
Eine Liste der {cue} hat das Wort
Una lista de {cue} tiene la palabra
Daftar {cue} memuat kata
{cue} की सूची में शब्द है
Orodha ya {cue} ina neno"""),
    "capital": read("""
The capital of {cue} is
Die Hauptstadt von {cue} ist
La capital de {cue} es
Ibu kota {cue} adalah
{cue} की राजधानी है
Mji mkuu wa {cue} ni

In {cue}, the capital is called
In {cue} heißt die Hauptstadt
En {cue}, la capital se llama
Di {cue}, ibu kotanya bernama
{cue} में राजधानी का नाम है
Katika {cue}, mji mkuu unaitwa"""),
    "opposite": read("""
The opposite of {cue} is
Das Gegenteil von {cue} ist
El opuesto de {cue} es
Lawan kata {cue} adalah
{cue} का उल्टा है
Kinyume cha {cue} ni

If it is not {cue}, it is
Was nicht {cue} ist, ist
Lo que no es {cue} es
Yang tidak {cue} adalah
जो {cue} नहीं है, वह है
Kisicho {cue} ni"""),
}

PASSAGES = {  # Belebele: what the passage says about a person, and the question about that person
    "group": read("""
{name} likes {cue}.
{name} mag {cue}.
{name} prefiere {cue}.
{name} suka {cue}.
{name} को {cue} पसंद है।
{name} anapenda {cue}.

What does {name} choose?
Was wählt {name}?
¿Qué elige {name}?
Apa yang dipilih {name}?
{name} की पसंद क्या है?
{name} anachagua nini?"""),
    "capital": read("""
{name} goes to the capital of {cue}.
{name} fährt in die Hauptstadt von {cue}.
{name} va a la capital de {cue}.
{name} pergi ke ibu kota {cue}.
{name} को {cue} की राजधानी जाना है।
{name} anaenda mji mkuu wa {cue}.

Where does {name} go?
Wohin fährt {name}?
¿Adónde va {name}?
Ke mana {name} pergi?
{name} को कहाँ जाना है?
{name} anaenda wapi?"""),
    "opposite": read("""
{name} says the opposite of {cue}.
{name} sagt das Gegenteil von {cue}.
{name} dice el opuesto de {cue}.
{name} menyebut lawan kata {cue}.
{name} को {cue} का उल्टा कहना है।
{name} anasema kinyume cha {cue}.

What does {name} say?
Was sagt {name}?
¿Qué dice {name}?
Apa yang disebut {name}?
{name} को क्या कहना है?
{name} anasema nini?"""),
}

BYSTANDER = read("""
{name} is here.
{name} ist hier.
{name} está aquí.
{name} ada di sini.
{name} यहाँ है।
{name} yuko hapa.""")[0]

TRANSLATIONS = read("""
Which word means {word}?
Welches Wort bedeutet {word}?
¿Qué palabra significa {word}?
Kata apa yang berarti {word}?
किस शब्द का अर्थ {word} है?
Neno gani lina maana ya {word}?""")[0]

NAMES: list[Word] = [
    ("Ana", "Ana", "Ana", "Ana", "आना", "Ana"),
    ("Tom", "Tom", "Tom", "Tom", "टॉम", "Tom"),
    ("Lina", "Lina", "Lina", "Lina", "लीना", "Lina"),
    ("Omar", "Omar", "Omar", "Omar", "उमर", "Omar"),
]

SUBJECTS = {"group": "vocabulary", "capital": "geography", "opposite": "antonyms"}
HEADINGS: dict[str, Word] = {  # the titles of mHellaSwag's WikiHow-like rows
    "group": ("Words", "Wörter", "Palabras", "Kata", "शब्द", "Maneno"),
    "capital": ("Geography", "Erdkunde", "Geografía", "Geografi", "भूगोल", "Jiografia"),
    "opposite": ("Opposites", "Gegenteile", "Opuestos", "Lawan", "विलोम", "Kinyume"),
}
