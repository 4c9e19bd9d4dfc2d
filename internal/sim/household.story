# A family's day in five minutes. "Living Room" and "Kitchen" belong to the house.

# Breakfast: the music follows the family.
at 0s    home plays "So What" by "Miles Davis" on "Living Room" (speaker)
at 4s    home moves to "Kitchen" (speaker)

# Bob next door knows the password, and does not take a pause for an answer. He has time: whoever watches the demo is
# changing a rule meanwhile.
at 8s    home plays "Blue Train" by "John Coltrane" on "Bob's Laptop" (computer) stubborn 3s
at 130s  home gives up
at 138s  home stops

# A quiet stretch, then the family again, with an advertisement and a podcast.
at 150s  home plays "Feeling Good" by "Nina Simone" on "Kitchen"
at 166s  home plays an ad on "Kitchen" item.duration=8s
at 174s  home plays episode "The Blue Note Years" by "Record Sleeves" on "Living Room"

# Somebody in a browser.
at 190s  home plays "Moanin'" by "Art Blakey" on "Web Player (Chrome)" (computer) stubborn 5s
at 230s  home gives up
at 238s  home plays "Take Five" by "The Dave Brubeck Quartet" on "Living Room"

# Spotify has had enough of us for a while.
at 252s  spotify fails 429 for 15s
at 280s  home pauses
at 290s  home stops

repeat 5m
