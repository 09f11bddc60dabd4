//! Weather, trains and the rest of small talk.

use crate::sample::grammar::{Act, Exchange, Topic};

/// Weather and the way to work.
pub(in crate::sample) const WEATHER: Topic = Topic {
    slots: &[
        (
            "sky",
            &[
                "fog",
                "sideways rain",
                "hail",
                "a heatwave",
                "the first frost",
                "drizzle",
                "thunder",
                "a lot of wind",
                "wet snow",
            ],
        ),
        (
            "gear",
            &[
                "an umbrella",
                "a proper coat",
                "wool socks",
                "a fan",
                "rubber boots",
                "a hot water bottle",
                "sun cream",
            ],
        ),
        (
            "thing",
            &[
                "the number nine bus",
                "this drizzle",
                "the broken radiator",
                "my umbrella",
                "monday",
                "the seven o'clock alarm",
                "the heatwave",
                "my left sock",
                "the fog",
            ],
        ),
        (
            "transport",
            &[
                "the bus",
                "the train",
                "the tram",
                "the ferry",
                "the early train",
                "the replacement bus",
            ],
        ),
        (
            "chore",
            &[
                "the laundry",
                "the windows",
                "my tax form",
                "the recycling",
                "the phone contract",
                "the stairs",
            ],
        ),
    ],
    exchanges: &[
        Exchange {
            lead: (
                Act::Complain,
                &[
                    "{sky} again, I left my {+coat} on {transport}",
                    "{transport} is {nn} minutes late and there's {sky}",
                    "the heating has been off since {day}, I'm sitting here in {gear}",
                    "slept {n} hours, the [drill|wind|bin lorry] started at six",
                    "I have {chore} and {+chore} to do and it's already {clock}",
                ],
            ),
            replies: &[
                (
                    Act::Agree,
                    &[
                        "{sky} here too, and it's supposed to stay until {day}",
                        "same, I've been awake since the wind started",
                        "yes, {transport} was late for me as well, both ways",
                    ],
                ),
                (
                    Act::Answer,
                    &[
                        "ring the lost property, they keep things until {day}",
                        "you can get {nn} percent back if {transport} is over an hour late",
                        "turn the valve on the side, sometimes there's only air in it",
                        "earplugs from {+shop}, the yellow ones",
                        "do {chore} first, the other one can wait until {day}",
                    ],
                ),
                (
                    Act::Encourage,
                    &[
                        "make yourself something warm {lead}, you've done enough for one day, hug",
                        "tomorrow will be kinder, and you're stronger than {sky}, I promise",
                        "one thing at a time {lead}, you've got this and we've got you",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "{sky} is legally my {+job} now",
                        "breaking news: {transport} seen moving, {+job} denies everything",
                        "the {+job} of weather has been arrested for {+crime}",
                        "{thing} woke up and chose {+crime}",
                    ],
                ),
            ],
            close: (
                Act::Answer,
                &[
                    "will ring them, thanks",
                    "it's coming now, so I should be there by {clock}",
                    "the valve did something, at least it's making a noise now",
                    "earplugs, right, I'll get some",
                    "ok, {chore} first and then I'm going back to bed",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Ask,
                &[
                    "is it raining where you are or is that only here?",
                    "do I need {gear} for {day} or is that over the top?",
                    "does {transport} run on {day}, with the holiday?",
                    "what time does it get dark on {day}, we'd be out until {clock}",
                    "has anyone done {chore} this year, which box do I tick?",
                ],
            ),
            replies: &[
                (
                    Act::Answer,
                    &[
                        "dry here, but it's getting dark in the west",
                        "I'd bring {gear}, it said {sky} from noon",
                        "only every hour, like on a sunday",
                        "around {clock}, a bit earlier with the clouds",
                        "the second box, the first one is for companies",
                    ],
                ),
                (
                    Act::Disagree,
                    &[
                        "no, that was last week's forecast, now it says {+sky}",
                        "I don't think you need {gear}, it's only {n} minutes to walk",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "I bring {gear} everywhere, my {+job} made me sign something",
                        "plot twist: it's not rain, it's {thing} crying over {+crime}",
                        "{gear}? in this economy?",
                    ],
                ),
                (
                    Act::Ask,
                    &[
                        "which part of town do you mean?",
                        "are you going by {transport} or on foot?",
                        "is that for the walk or for work?",
                    ],
                ),
            ],
            close: (
                Act::Nod,
                &[
                    "ok, then it's only here",
                    "ok, taking {gear} then",
                    "right, every hour is enough",
                    "then we'd better leave at {+clock}",
                    "thanks, second box",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Plan,
                &[
                    "walk at {place} on {day} unless there's {sky}?",
                    "coffee at {clock} before {transport} on {day}?",
                    "swim at the reservoir on {day}, early?",
                    "I'm doing {chore} on {day}, and after that I'd be free for tea",
                ],
            ),
            replies: &[
                (
                    Act::Agree,
                    &[
                        "yes, I could use some air",
                        "{clock} is fine, I can take {transport} after that one",
                        "sure, I'll bring {gear} for both of us",
                    ],
                ),
                (
                    Act::Disagree,
                    &[
                        "too cold for that, maybe in {month}",
                        "can't, I've got {chore} until late",
                        "{day} they said {+sky}, better {+day}",
                    ],
                ),
                (
                    Act::Ask,
                    &[
                        "where do we meet, at the bridge?",
                        "how early is early?",
                        "is {friend} coming too?",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "I'll swim when {thing} apologises",
                        "I only leave the house for tea and {+crime}",
                    ],
                ),
            ],
            close: (
                Act::Logistics,
                &[
                    "{clock} at {place}, if it's {sky} we go to the cafe",
                    "at the bridge, the side with the benches",
                    "{friend} comes later, so we start without",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Brag,
                &[
                    "three months without missing a single morning run, new record!",
                    "I GOT THE JOB, start in {month}, best {day} of my life!",
                    "passed the driving test on try number {n}, victory!",
                    "finished {chore} a week before the deadline, unstoppable!",
                    "{nn} lengths at the pool this morning, personal record!",
                ],
            ),
            replies: &[
                (
                    Act::Encourage,
                    &[
                        "you worked so hard for this {lead}, I'm {+sweet} of you",
                        "nobody deserves it more, and you kept going when it was hard, big hug",
                    ],
                ),
                (
                    Act::Ask,
                    &[
                        "when do you start and is it far?",
                        "do you still do {chore} on the side then?",
                        "how long have you been at it now?",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "breaking news: {lead} is a functioning adult, {+job} concerned",
                        "plot twist: {thing} was cheering for you all along",
                        "legally you have to buy {+n} of us cake now",
                    ],
                ),
                (
                    Act::Answer,
                    &[
                        "I did that last year, the first weeks are the hardest",
                        "my {+relation} works there, the canteen is alright",
                    ],
                ),
            ],
            close: (
                Act::Answer,
                &[
                    "in {month}, and it's {nn} minutes by {transport}",
                    "since last {month}, on and off",
                    "cake on {day} then, at {place}",
                ],
            ),
        },
    ],
};
