//! House plants.

use crate::sample::grammar::{Act, Exchange, Topic};

/// House plants.
pub(in crate::sample) const PLANTS: Topic = Topic {
    slots: &[
        (
            "plant",
            &[
                "the monstera",
                "my basil",
                "the big fern",
                "the lemon tree",
                "the spider plant",
                "the cactus",
                "my chilli plant",
                "the orchid",
                "the ivy",
                "the peace lily",
                "the tomato seedlings",
            ],
        ),
        (
            "pest",
            &[
                "gnats",
                "spider mites",
                "aphids",
                "scale",
                "those little white flies",
            ],
        ),
        (
            "window",
            &[
                "the kitchen window",
                "the north window",
                "the balcony door",
                "the bathroom shelf",
                "the office desk",
                "the stairwell",
            ],
        ),
        (
            "thing",
            &[
                "the dying fern",
                "the watering can",
                "my haunted cactus",
                "the compost bin",
                "the monstera",
                "the plant food",
                "the gnat trap",
                "the tiny greenhouse",
            ],
        ),
        (
            "sign",
            &[
                "yellow leaves",
                "brown tips",
                "droopy stems",
                "white spots",
                "holes in the leaves",
                "mould on the soil",
            ],
        ),
    ],
    exchanges: &[
        Exchange {
            lead: (
                Act::Ask,
                &[
                    "{plant} has {sign} since I moved it to {window}, too much light?",
                    "how often do you water {plant} in winter?",
                    "what do you use against {pest}? they're all over {plant}",
                    "can I cut {plant} back now or should I wait for spring?",
                    "does {plant} need a bigger pot if the roots come out below?",
                ],
            ),
            replies: &[
                (
                    Act::Answer,
                    &[
                        "{sign} are usually too much water, let it dry for a week",
                        "every {n} days, less if the heating is off",
                        "yellow cards from {+shop} and less water, then {pest} go away",
                        "wait until the days get longer, it doesn't like a cut in winter",
                        "one size up, not more, otherwise the soil stays wet",
                    ],
                ),
                (
                    Act::Disagree,
                    &[
                        "I'd say it's the cold at {window}, not the light",
                        "soap never worked for me against {pest}, I'd change the soil",
                        "I cut mine in {month} and nothing happened to it",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "{plant} has filed for divorce and wants {window} in the settlement",
                        "{plant} is legally dead but nobody told the {pest}",
                        "the {pest} have formed a government, their {+job} sends regards",
                    ],
                ),
                (
                    Act::Encourage,
                    &[
                        "you haven't killed it {lead}, it's resting, and you're doing so well with it",
                        "plants forgive a lot, and you care so much about yours, you've got this",
                    ],
                ),
            ],
            close: (
                Act::Nod,
                &[
                    "ok, less water then",
                    "every {n} days, noted",
                    "right, I'll get yellow cards at {+shop}",
                    "ok, I'll wait until {+month}",
                    "one size up, I have one in the shed",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Brag,
                &[
                    "NEW LEAF on {plant}, after {n} months of nothing, victory!",
                    "{plant} is finally in bloom, first flower ever, I won!",
                    "harvest day: {nn} chillies from one single plant, new record!",
                    "I saved {plant} from {pest} and it's twice the size now, what a win!",
                ],
            ),
            replies: &[
                (
                    Act::Ask,
                    &[
                        "what did you change, the spot or the soil?",
                        "how long did it take from seed?",
                        "could I have a cutting when you trim it?",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "breaking news: {plant} found alive, {+job} baffled",
                        "plot twist: the leaf is plastic and {lead} is under arrest for {+crime}",
                        "{plant} just wanted you to stop reading it your emails",
                    ],
                ),
                (
                    Act::Encourage,
                    &[
                        "you brought it back from nothing {lead}, so {+sweet} of you both",
                        "all that patience paid off, you've got the kindest green hands",
                    ],
                ),
                (
                    Act::Answer,
                    &[
                        "mine did that after I turned it towards {window}",
                        "then give it a bit of food now, but only half of what the label says",
                    ],
                ),
            ],
            close: (
                Act::Answer,
                &[
                    "only the spot, it's at {window} since {month}",
                    "about {n} months, most of that it just sat there",
                    "sure, I'll put one in water on {day} for you",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Logistics,
                &[
                    "I have {n} cuttings of {plant} to give away, pick up at {place} before {day}",
                    "who can water the plants from {day} on, it's {n} pots and the balcony",
                    "swap at {place} on {day}, {clock}, bring labels please",
                    "I'm ordering soil on {day}, tell me until {clock} if you want a bag",
                ],
            ),
            replies: &[
                (
                    Act::Agree,
                    &[
                        "I'd take one, I'll come by on {day} after work",
                        "I can do the watering, I pass there anyway",
                        "a bag for me please, the small one",
                    ],
                ),
                (
                    Act::Ask,
                    &[
                        "do they have roots yet or are they fresh?",
                        "how much is the delivery, do we split it?",
                        "does the balcony need water every day?",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "my windowsill has a {+job} and they said no more, so I'll take {+n}",
                        "I'll trade you {thing} and my {+relation}'s silence",
                    ],
                ),
                (
                    Act::Disagree,
                    &[
                        "I can't on {day}, could somebody take one along for me?",
                        "isn't {clock} a bit early for that, the hall opens later",
                    ],
                ),
            ],
            close: (
                Act::Logistics,
                &[
                    "they've got roots, they're in jars by the door",
                    "every second day is enough unless it's hot",
                    "split by bag, it's about {nn} altogether",
                    "ok, I'll write your name on one",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Complain,
                &[
                    "{pest} again, I only got rid of them in {month}",
                    "{plant} dropped half its leaves overnight and I changed nothing",
                    "the new pot leaks, there's water all over {window}",
                    "I paid {nn} for {plant} and it lasted {n} weeks",
                ],
            ),
            replies: &[
                (
                    Act::Answer,
                    &[
                        "quarantine the new ones for two weeks, that's where {pest} come from",
                        "it was the draught, they do that when you air the room",
                        "put a plate under it and silicone in the crack",
                        "take {plant} back with the receipt, they have to replace it",
                    ],
                ),
                (
                    Act::Agree,
                    &[
                        "mine dropped leaves as well this week, must be the heating",
                        "yes, that shop's plants never last, I stopped going",
                    ],
                ),
                (
                    Act::Encourage,
                    &[
                        "don't blame yourself {lead}, you give them more love than anyone I know",
                        "it'll grow back and so will your mood, hug from me and {my pet}",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "the {pest} have signed a lease, you live with them now",
                        "{plant} left you for a {+job} with a bigger balcony",
                        "{window} has committed {+crime} by water",
                    ],
                ),
            ],
            close: (
                Act::Answer,
                &[
                    "ok, I'll keep them apart next time",
                    "the draught, that could be, I aired on {day}",
                    "there's a plate under it now",
                    "I have the receipt somewhere, I'll ask them",
                ],
            ),
        },
    ],
};
