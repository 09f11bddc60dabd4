//! The weekly board game night.

use crate::sample::grammar::{Act, Exchange, Topic};

/// The weekly board game night.
pub(in crate::sample) const BOARDGAMES: Topic = Topic {
    slots: &[
        (
            "board",
            &[
                "Harbour Barons",
                "Nine Owls",
                "Sheep Exchange",
                "Canal Masters",
                "The Last Lantern",
                "Teapot Heist",
                "Crumbling Castle",
                "Fog Merchants",
                "Beetle Race",
            ],
        ),
        (
            "thing",
            &[
                "the rulebook",
                "the tiny wooden sheep",
                "the harbour tile",
                "the hourglass",
                "the snack budget",
                "the cursed dice",
                "the house rule",
                "the expansion box",
            ],
        ),
        (
            "snack",
            &[
                "crisps",
                "the good olives",
                "popcorn",
                "grapes",
                "samosas",
                "pretzels",
                "gingerbread",
                "hummus",
            ],
        ),
        (
            "piece",
            &[
                "the blue ship",
                "the goat card",
                "the fourth lantern",
                "the brown dice",
                "the owl token",
                "the score pad",
            ],
        ),
        (
            "move",
            &[
                "the sheep strategy",
                "the long road",
                "the harbour trick",
                "an early owl",
                "the double bluff",
                "hoarding lanterns",
            ],
        ),
    ],
    exchanges: &[
        Exchange {
            lead: (
                Act::Plan,
                &[
                    "board game night on {day}, {clock} at {place}?",
                    "who's coming on {day}? I'd like to try {board} again",
                    "can we do game night at {place} this week, my table is full of [paint|laundry|boxes]",
                    "game night: {day} or {+day}, what suits people better?",
                    "shall we start earlier on {day} so we can finish {board} for once?",
                ],
            ),
            replies: &[
                (
                    Act::Agree,
                    &[
                        "{day} works, I'll be there around {clock}",
                        "I can do {day} if somebody gives me a lift from {+place}",
                        "yes, and {board} sounds good, we only need {n} people for it",
                        "count me in for {day}, I'll come straight from work",
                    ],
                ),
                (
                    Act::Disagree,
                    &[
                        "{day} is bad for me, could we do {+day} instead?",
                        "I'd rather not do {board} again so soon, it took {n} hours",
                        "can't this week, my {+relation} is visiting until {+day}",
                    ],
                ),
                (
                    Act::Ask,
                    &[
                        "is {friend} bringing {board} or should I?",
                        "how many are we then, I only have {n} chairs",
                        "do we eat before or during?",
                        "same door code as last time?",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "I'll come but {thing} and I are legally not allowed in the same room",
                        "breaking news: {lead} plans to end friendships on {day} at {clock}",
                        "petition to let {pet} play, can't be worse than {friend} with {thing}",
                    ],
                ),
            ],
            close: (
                Act::Logistics,
                &[
                    "ok, {day} {clock} at {place}, I'll bring {board} and {snack}",
                    "then {day} it is, ring the [left|upper|broken] bell when you get there",
                    "noted: {friend} brings {snack}, I bring the table",
                    "fine, {clock} then, and please remember {piece} this time",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Logistics,
                &[
                    "for {day}: I have {board} and {snack}, still need cups and a second table",
                    "somebody left {piece} at {place}, it's in the drawer by the door",
                    "who has the box of {board} at the moment, I can't find it on the shelf",
                    "reminder that we have {place} only until {clock} on {day}",
                    "please bring {n} coins each for the room on {day}, it went up a bit",
                ],
            ),
            replies: &[
                (
                    Act::Answer,
                    &[
                        "I've got the second table, it needs a screw but it stands",
                        "thanks, {piece} is mine, I'll get it there",
                        "I think {friend} took {board} home after the last round",
                        "that's enough time, {board} is done in {n} rounds",
                        "I can pay for {friend} too, they give it back on {+day}",
                    ],
                ),
                (
                    Act::Ask,
                    &[
                        "do we need chairs as well or only the table?",
                        "was {piece} in the box or loose?",
                        "did you look under the coats for {board}?",
                        "is that {clock} sharp or do we have to be packed up by then?",
                        "how much is the room now, for all of us together?",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "{piece} isn't lost, it's hiding from {thing} and the {+crime} charges",
                        "I'm only coming for {snack}, the rest of you are a {+job} to me",
                    ],
                ),
                (
                    Act::Agree,
                    &[
                        "ok, I'll put it in my bag tonight so I don't forget",
                        "fine with me, I have to leave before {clock} anyway",
                    ],
                ),
            ],
            close: (
                Act::Logistics,
                &[
                    "good, then all that's missing is {snack}",
                    "thanks, I'll tick that off the list",
                    "I'll write it on the list in the hall, then {friend} knows too",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Brag,
                &[
                    "I won {board} by ONE point with {move}, never been happier!",
                    "undefeated at {board} for {n} weeks in a row, crown please!",
                    "that last turn with {piece}, what a victory, I'll talk about it for years!",
                    "first win at {board} ever, and against {friend} of all people!",
                    "we beat {board} on the hardest card with {n} seconds on the clock!",
                ],
            ),
            replies: &[
                (
                    Act::Disagree,
                    &[
                        "only because {friend} forgot to count {piece}",
                        "I still say {move} isn't allowed after the second round",
                        "the rulebook says something else about {piece}, page {nn}",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "plot twist: {thing} was counting your points all along",
                        "the jury finds {move} guilty of {+crime}",
                        "somewhere {thing} is writing its memoirs about {lead}",
                    ],
                ),
                (
                    Act::Ask,
                    &[
                        "how many points did you get for {piece}?",
                        "what was {friend} doing the whole time?",
                        "can you explain {move} to me, I still don't see it",
                    ],
                ),
                (
                    Act::Encourage,
                    &[
                        "you've worked so hard for that win {lead}, I'm {+sweet} of you",
                        "you were patient the whole evening and it paid off, so happy for you",
                    ],
                ),
            ],
            close: (
                Act::Answer,
                &[
                    "{nn} in the end, {piece} counts double on the last turn",
                    "page {+nn} says it's fine, I looked it up twice",
                    "nobody was looking at the harbour, that's all",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Ask,
                &[
                    "how does {piece} work when there are only {n} of us?",
                    "which game can we play with six people on {day}?",
                    "can you trade {piece} after the dice, or only before?",
                    "what do I bring for somebody who doesn't like long games?",
                    "did we ever agree on the house rule about {piece}?",
                ],
            ),
            replies: &[
                (
                    Act::Answer,
                    &[
                        "with fewer people you leave out {piece} and play one round less",
                        "{board} takes six, it just needs more table",
                        "before the dice only, it's in the small box on page {nn}",
                        "bring {board}, it's done in half an hour",
                        "we said that {piece} counts once, {friend} wrote it on the lid",
                    ],
                ),
                (
                    Act::Disagree,
                    &[
                        "no, we changed that in spring, {piece} stays in",
                        "I remember it the other way round, trading comes after",
                        "six people with {board} takes all night, I wouldn't",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "as your {+job} I advise you to eat {piece} and deny everything",
                        "the rulebook? in this economy?",
                        "{thing} decides, {thing} has always decided, we only live here",
                    ],
                ),
            ],
            close: (
                Act::Nod,
                &[
                    "ok, writing that down",
                    "right, that's what I thought",
                    "good, saves me reading it again",
                    "ok let's vote on {day}",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Complain,
                &[
                    "{board} is missing {piece} again and I only bought it in spring",
                    "we spent {nn} minutes on the rules and then had to stop",
                    "my back hurts from those chairs at {place}",
                    "I always get the seat next to the radiator and the bad dice",
                    "somebody spilled [juice|tea|soup] on the board of {board} and didn't say anything",
                ],
            ),
            replies: &[
                (
                    Act::Answer,
                    &[
                        "you can write to the maker, they send {piece} for the postage",
                        "I can read the rules before {day} so we start quicker",
                        "there are cushions in the cupboard at {place}, second shelf",
                        "swap with {friend} next time, they like the radiator",
                        "I think that was {friend}, but it came off with a cloth",
                    ],
                ),
                (
                    Act::Agree,
                    &[
                        "yes, the chairs at {place} are bad, I stood half the time",
                        "same, I had the radiator seat the week before",
                    ],
                ),
                (
                    Act::Encourage,
                    &[
                        "you host us every week {lead} and we don't say it enough, we love you for it",
                        "you explained {board} so well though, I'm {+sweet} of how patient you were",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "{piece} has left for a better life as a {+job}",
                        "new house rule: whoever spills on {board} goes to prison for {+crime}",
                    ],
                ),
            ],
            close: (
                Act::Answer,
                &[
                    "ok, I'll write to them on {+day} about {piece}",
                    "let's just start earlier next time, then it doesn't matter",
                    "I'll bring my own cushion from now on",
                    "I'll ask {friend} about the seat then",
                    "ok, then the board is fine at least",
                ],
            ),
        },
    ],
};
