"""The questions that are asked where an organisation has none of its own, and answers that everybody tries first."""

from __future__ import annotations

from ...core import Text

# Asked of memory, not of papers or profiles: no dates, no family names, no schools, no favourites with ten answers.
QUESTIONS = (
    Text("What did you call your first cuddly toy?"),
    Text("Who was the first person that you phoned by yourself?"),
    Text("Which job did you want to have when you were a child?"),
    Text("What was the first thing that you bought with your own money?"),
    Text("Where did your first flight or sea voyage take you?"),
    Text("Which dish did you refuse to eat as a child?"),
    Text("What did you break and never tell anybody about?"),
    Text("Which place did you hide in when you were a child?"),
    Text("What did you learn from a stranger?"),
    Text("Which present did you never want to unpack?"),
    Text("Which song can you no longer listen to?"),
    Text("What did you lose on a journey?"),
    Text("Which book did you never finish?"),
    Text("What was the oddest thing in your grandparents' home?"),
    Text("What do you call your car, bicycle or computer?"),
)

COMMON = frozenset(
    """
    none nothing nobody never nowhere unknown unsure anything something idontknow dontknow dunno notsure secret
    answer question password passwort test testing hello hallo qwerty qwertz asdf asdfgh abcdef admin welcome
    yes yeah nope maybe mum mom mother mama mutter dad father papa vater sister brother grandma grandpa oma opa
    friend bestfriend freund freundin nichts niemand keine keiner keines nie nirgends weissnicht egal geheim antwort
    red blue green black white yellow pink purple orange rot blau schwarz weiss gelb rosa lila
    dog cat hund katze bear teddy teddybear teddybär bär bello rex max bella luna lucky mimi minka
    pizza pasta spaghetti fish spinach broccoli spinat brokkoli leber liver onion zwiebel rosenkohl sprouts
    car auto bike fahrrad ball toy bicycle computer laptop iphone handy phone bmw audi golf ford vw
    teacher doctor pilot nurse police policeman fireman astronaut lehrer arzt polizist feuerwehr feuerwehrmann tierarzt
    home garden cellar attic cupboard wardrobe bed keller garten schrank dachboden bett baumhaus treehouse
    bible bibel faust ulysses hamlet harrypotter umbrella schirm passport keys schlüssel regenschirm geld money
    london paris berlin rome wien vienna spain italy mallorca america usa john james michael maria anna peter
    """.split()
)
