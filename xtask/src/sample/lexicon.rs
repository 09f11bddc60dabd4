//! Words and small talk that belong to no subject.

use super::grammar::Lines;

/// Slots every subject knows.
pub(super) const SLOTS: &[(&str, Lines)] = &[
    (
        "day",
        &[
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
            "sunday",
        ],
    ),
    (
        "n",
        &["two", "three", "four", "five", "six", "seven", "nine"],
    ),
    (
        "nn",
        &[
            "12", "14", "17", "23", "27", "31", "38", "42", "46", "55", "64", "70", "81", "93",
        ],
    ),
    (
        "clock",
        &[
            "6pm",
            "half six",
            "7",
            "half seven",
            "7:15",
            "8pm",
            "quarter past eight",
            "9",
            "19:30",
            "20:00",
        ],
    ),
    (
        "place",
        &[
            "mine",
            "yours",
            "the library cafe",
            "the community hall",
            "the park",
            "the old bakery",
            "the launderette corner",
            "the canal bench",
        ],
    ),
    (
        "shop",
        &[
            "the corner shop",
            "the market",
            "the hardware shop",
            "the garden centre",
            "the flea market",
            "the charity shop",
        ],
    ),
    (
        "month",
        &[
            "january", "february", "march", "april", "may", "june", "august", "october", "november",
        ],
    ),
    (
        "colour",
        &[
            "green", "yellow", "red", "checked", "blue", "orange", "stripy",
        ],
    ),
    (
        "meal",
        &[
            "soup", "cereal", "lasagne", "toast", "ketchup", "porridge", "jam", "custard", "salad",
            "gravy",
        ],
    ),
    (
        "coat",
        &["coat", "umbrella", "scarf", "gloves", "lunch", "good hat"],
    ),
    (
        "animal",
        &[
            "kitten", "bunny", "duckling", "goat", "puppy", "hedgehog", "lamb",
        ],
    ),
    (
        "sweet",
        &[
            "proud",
            "so proud",
            "very proud",
            "ridiculously proud",
            "quietly proud",
        ],
    ),
    (
        "job",
        &[
            "landlord",
            "manager",
            "lawyer",
            "dentist",
            "life guru",
            "tax advisor",
            "parole officer",
            "supervisor",
            "butler",
            "therapist",
        ],
    ),
    (
        "crime",
        &[
            "tax fraud",
            "arson",
            "identity theft",
            "treason",
            "jaywalking",
            "grand larceny",
            "perjury",
            "littering",
        ],
    ),
    (
        "relation",
        &[
            "neighbour",
            "cousin",
            "aunt",
            "flatmate",
            "gran",
            "boss",
            "brother",
            "sister",
        ],
    ),
];

/// Jokes for any subject that has a `thing`.
pub(super) const JOKES: Lines = &[
    "breaking news: local {job} [defeated|humiliated|outsmarted] by {thing}, {+n} witnesses in tears",
    "breaking news: {thing} [wanted for|charged with|acquitted of] {+crime}",
    "{thing} is legally my {+job} now, I don't make the rules",
    "plot twist: {thing} was the [villain|narrator|imposter|{+job}] all along",
    "petition to make {thing} [pay rent|run for mayor|apologise on live tv|a national holiday]",
    "not {thing} [committing|getting away with] {+crime} in broad daylight",
    "{thing}? in this economy?",
    "{thing} has entered its villain era and honestly [I respect it|I fear it|good for it]",
    "somewhere a [tiny|tired|haunted] {+job} is crying because of {thing}",
    "in a past life {thing} was a [victorian|medieval|disgraced] {+job} and it shows",
    "legally speaking {thing} counts as {+crime} in {+n} countries",
    "tell my {+relation} I loved them, {thing} is coming for me next",
    "{thing} woke up and chose {+crime}",
    "my {+job} told me not to talk about {thing} without a [lawyer|helmet|snack] present",
    "the prophecy said {thing} would [return|betray us|win], the prophecy said nothing about [a {+job}|{+crime}|the smell]",
    "new band name: {thing} and the [Haunted|Unpaid|Emotional] [Spoons|Invoices|Pigeons|Cardigans]",
    "I asked {thing} for [mercy|directions|a receipt] and got {+crime} instead",
];

/// Jokes on top of a joke.
pub(super) const BANTER: Lines = &[
    "breaking news: {lead} [banned|barred|escorted] from {+n} countries for that one",
    "the jury finds {lead} guilty of {+crime} and also of being right",
    "{lead} is legally my {+job} now, no further questions",
    "plot twist: {lead} was the {+job} all along",
    "somewhere {lead}'s {+relation} just felt a chill and dropped a [spoon|vase|casserole]",
    "petition to put {lead} in charge of [the moon|a small museum|{+crime} prevention|the group budget]",
    "my {+job} read that and resigned on the spot",
];

/// Cheering somebody on.
pub(super) const CHEER: Lines = &[
    "you've got this {lead}, [one step at a time|we believe in you|I mean it]",
    "honestly {lead} you're doing [so much better|way better|far better] than you think",
    "I'm {+sweet} of you for [sticking with it|even trying|not giving up|asking for help]",
    "hey, you [tried|showed up|kept going], and that takes heart, {+sweet} of you",
    "sending you [a big hug|so much love|all the good luck|the warmest hug], you'll get there",
    "you're allowed to find it hard, and you're still [brilliant|wonderful|a star]",
    "we believe in you {lead}, [always have|every single day|more than you know]",
    "future you will be {+sweet} of this, keep going",
    "be kind to yourself {lead}, you've [earned a rest|come so far|done so much already]",
    "look how far you've come since {+day}, I'm {+sweet} of you",
    "you're not alone in this, [we're all here for you|come sit with us|I'm always around], [big hug|hug]",
    "believe in yourself like {my pet} believes in [second breakfast|you|the fridge], you've got this",
];

/// Hello, by time of day.
pub(super) fn hello(hour: u32) -> Lines {
    match hour {
        5..11 => &[
            "morning",
            "good morning all",
            "morning everyone",
            "morning, [barely|almost] awake",
            "hi, coffee first",
        ],
        11..17 => &[
            "hey all",
            "hi everyone",
            "afternoon",
            "hello from [lunch|the bus|the train|work]",
            "hey [folks|friends|you lot]",
        ],
        17..22 => &[
            "evening",
            "evening all",
            "hi, finally home",
            "hey, done with work at last",
            "good evening [friends|everyone]",
        ],
        _ => &[
            "anyone still up",
            "can't sleep, hi",
            "hello night people",
            "still awake, hi all",
            "why am I up",
        ],
    }
}

/// An answer to a hello.
pub(super) const HELLO_BACK: Lines = &[
    "hey {lead}",
    "hi {lead}",
    "hello",
    "oh hi",
    "hey hey",
    "hey {lead}, how's {pet}",
    "hi {lead}, long day?",
    "there you are",
];

/// Goodbye.
pub(super) const BYES: Lines = &[
    "ok I have to go, [dinner|work|the bus|bed|{my pet}] is waiting",
    "off to [bed|work|the shop|lunch], see you [later|tomorrow|on {+day}]",
    "gotta run, talk [later|tomorrow|tonight]",
    "right, back to [work|the laundry|my emails|the dishes]",
];

/// Being of the same mind, at length.
pub(super) const AGREE: Lines = &[
    "yeah I [thought|figured|said] the same thing about {thing} [last week|on {+day}|yesterday]",
    "agreed, {thing} is [exactly the problem|how I'd see it|the sensible bit|what I'd go for] too",
    "same here, {thing} was like that for me [last month|the other day|since {+day}]",
    "that's [pretty much|more or less] what {friend} said about {thing} as well",
    "yes, and {thing} [isn't going anywhere|was fine before|does that a lot] so there's that",
];

/// Not being of the same mind.
pub(super) const DISAGREE: Lines = &[
    "not sure I agree, {thing} was [fine|alright|okay] when I [looked|checked] on {+day}",
    "hm, I'd say {thing} is [the smaller|a different|not even the] problem here",
    "I don't think it's {thing}, [it was like that before|{friend} had the same without it|could be anything]",
    "disagree, I [tried|had] that with {thing} [for a week|twice] and it [changed nothing|made no difference]",
];

/// A dull complaint about anything.
pub(super) const GRUMBLES: Lines = &[
    "I've been [dealing with|stuck with|looking at] {thing} since [this morning|{+day}|lunch] and nothing has changed",
    "{thing} again, [third|second|fifth] time this week",
    "I have to [sort out|deal with|write an email about] {thing} before {+day} and I don't want to",
    "and now {thing} as well, on top of [work|the laundry|the phone bill|everything else]",
    "nobody told me about {thing} until {+day} afternoon",
];

/// Dull arrangements about anything.
pub(super) const ERRANDS: Lines = &[
    "I'll be at {+place} until {+clock}, after that you'd have to [text|ring|wait for] me",
    "[someone|whoever is free] needs to pick up the [parcel|key|box|folding chairs] from {+shop} before {+clock} on {+day}",
    "can we move it to {+day}, {+clock} doesn't work for [me|{friend}|half of us]",
    "I put the [address|list|receipt|spare key] in the [shared folder|drawer|blue box|pinned post], check there first",
    "who still owes me for the [tickets|pizza|bus fare|room], it was {+nn} in total",
    "the {+clock} bus isn't running on {+day}, so plan for the one after that",
    "{+shop} closes at {+clock} on {+day} so go before that if you need anything",
];

/// What makes a dull line longer, and no less dull: length must not tell what people like.
pub(super) const TAILS: Lines = &[
    ", at least that's what {friend} said",
    ", if I remember right",
    ", or something close to that",
    ", not that it changes much",
    ", same as last time I suppose",
    ", I'd have to look it up though",
    ", unless something came up since {+day}",
    ", but ask {friend} to be sure",
    ", that's how it was in {+month} anyway",
    " and that's [about it|all I know]",
    ", [give or take|more or less]",
    ", I'll [check|look] again on {+day}",
    ", as far as I can tell from here",
    " and I have [a meeting|a call|to be somewhere] at {+clock}",
];
