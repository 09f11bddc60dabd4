//! Nonsense: memes, videos and hypothetical questions.

use crate::sample::grammar::{Act, Exchange, Topic};

/// Nonsense.
pub(in crate::sample) const MEMES: Topic = Topic {
    slots: &[
        (
            "thing",
            &[
                "the goose video",
                "the haunted spreadsheet",
                "the office printer",
                "a very small horse",
                "that moth meme",
                "the cursed soup picture",
                "my sleep schedule",
                "the group chat name",
                "the bench raccoon",
            ],
        ),
        (
            "animal",
            &[
                "goose", "raccoon", "moth", "pigeon", "badger", "horse", "seagull", "beaver",
                "crab",
            ],
        ),
        (
            "price",
            &[
                "nothing",
                "a sandwich",
                "ten coins",
                "free bus rides",
                "one decent nap",
            ],
        ),
    ],
    exchanges: &[
        Exchange {
            lead: (
                Act::Ask,
                &[
                    "serious question: would you rather fight one [big|angry|wet] {animal} or {n} small ones?",
                    "serious question: is {+meal} a kind of {+meal}?",
                    "would you sit in a room with a {animal} for a day for {price}?",
                    "who would win, a {animal} with a plan or {n} {+job}s without one?",
                    "how many {animal}s could live in this flat before the {+job} notices?",
                ],
            ),
            replies: &[
                (
                    Act::Answer,
                    &[
                        "one big {animal}, you only have to run in one direction",
                        "I'd need to know how much room there is first",
                        "yes, if there's a chair and {price}",
                        "the {animal}, it has nothing to lose",
                        "{n}, the bathroom alone fits two",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "breaking news: {animal} found not guilty of {+crime}, {+job} devastated",
                        "the {animal} is legally my {+job} so I can't answer that",
                        "I've seen a {animal} commit {+crime} and I'd vote for it again",
                        "a {animal}? in this economy?",
                    ],
                ),
                (
                    Act::Disagree,
                    &[
                        "you all think too little of {animal}s, they don't get tired",
                        "no, with {n} you never know where the last one is",
                        "that's a different question, {friend} asked it on {+day}",
                    ],
                ),
                (
                    Act::Ask,
                    &[
                        "does the {animal} have its own chair?",
                        "is it an adult {animal}?",
                        "am I allowed to bring a broom?",
                    ],
                ),
            ],
            close: (
                Act::Answer,
                &[
                    "adult {animal}, about {nn} kilos",
                    "ok, that's {n} votes for yes, I'm keeping a list",
                    "one chair, and the {animal} gets it",
                    "you get a broom but no shoes",
                    "the {+job} has noticed already",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Joke,
                &[
                    "my {+job} says I can't put {thing} on my CV, this is {+crime}",
                    "if {thing} has a million fans I'm one of them, if it has none I've been arrested for {+crime}",
                    "plot twist: the {animal} was behind {thing} all along",
                    "a {animal} walks into a bar and the {+job} says we don't serve {+crime} here",
                    "dear diary, today {thing} looked at me like a disappointed {+job}",
                    "sources close to the {animal} confirm {+n} counts of {+crime}",
                ],
            ),
            replies: &[
                (
                    Act::Joke,
                    &[
                        "and in the sequel {thing} runs for mayor with a {animal} as {+job}",
                        "the {animal} asked for a lawyer, the lawyer was {+n} smaller {animal}s",
                        "legally that makes you the {+job} of {thing}",
                    ],
                ),
                (
                    Act::Ask,
                    &[
                        "where do you find these things?",
                        "is that from {+place} or did you make it up?",
                        "how long have you been awake?",
                    ],
                ),
                (
                    Act::Answer,
                    &[
                        "my {+relation} sent me the same one on {+day}, but with a {+animal}",
                        "I saw that one already, it was on the forum a while ago",
                    ],
                ),
                (
                    Act::Disagree,
                    &[
                        "the one with the {+animal} last week was better",
                        "I don't get it and at this point I'm afraid to ask",
                    ],
                ),
            ],
            close: (
                Act::Nod,
                &[
                    "since {+clock}, why",
                    "can't say",
                    "it came to me in the shower",
                    "ok I'll stop",
                    "no comment",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Answer,
                &[
                    "there was a {animal} in the [stairwell|car park|bus] this morning, just standing there",
                    "my {+relation} has been saying {thing} every day since {+day}, for no reason",
                    "they're taking down the big {animal} statue by {place}, it was in the paper",
                    "I've watched the video of the {animal} about {nn} times now",
                ],
            ),
            replies: &[
                (
                    Act::Ask,
                    &[
                        "did you take a picture of the {animal}?",
                        "does your {+relation} know what it means?",
                        "which statue, the one with the hat?",
                        "is that the {animal} video with the ladder?",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "the {animal} is between jobs, it used to be a {+job}",
                        "petition to replace the {animal} with {thing}",
                        "I heard the {animal} owes {+n} people money for {+crime}",
                    ],
                ),
                (
                    Act::Agree,
                    &[
                        "I saw it too, around {+clock}, it looked tired",
                        "my {+relation} does that as well, I think it's from the radio",
                    ],
                ),
                (
                    Act::Disagree,
                    &[
                        "that was a {+animal}, not a {animal}, look at the feet",
                        "no, they only clean it, it comes back in {month}",
                    ],
                ),
            ],
            close: (
                Act::Answer,
                &[
                    "no, the {animal} left when the bus came",
                    "no idea, it's from the radio I think",
                    "the one with the hat, yes",
                    "the one with the ladder, yes, I know it by heart",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Complain,
                &[
                    "I've seen {thing} {nn} times today and it's not even lunch",
                    "lost my keys, my pen and {n} socks, all before nine",
                    "the printer at work only prints in [green|pink|italics] now and I have a deadline on {day}",
                    "somebody changed the channel name again and I can't find anything",
                ],
            ),
            replies: &[
                (
                    Act::Answer,
                    &[
                        "mute it for a day, that's what I do with {thing}",
                        "keys are usually in yesterday's coat, look there",
                        "unplug the printer for {nn} minutes, then it forgets the colour",
                        "it's still the third channel from the top",
                    ],
                ),
                (
                    Act::Agree,
                    &[
                        "I've lost things all week too, must be the season",
                        "same, I look for it by the topic now",
                    ],
                ),
                (
                    Act::Encourage,
                    &[
                        "deep breath {lead}, you're handling today better than you think, hug",
                        "it's only a bad morning, not a bad you, we love you",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "the socks have entered witness protection over {+crime}",
                        "the printer is legally an artist now, its {+job} will call you",
                        "somewhere a {animal} is wearing your {+n} socks to court",
                    ],
                ),
            ],
            close: (
                Act::Answer,
                &[
                    "muted, that helps",
                    "in the coat, yes, thanks",
                    "I'll do the unplugging and pretend the colour is on purpose",
                    "ah there it is",
                ],
            ),
        },
    ],
};
