//! Homework and small programs.

use crate::sample::grammar::{Act, Exchange, Topic};

/// Homework and small programs.
pub(in crate::sample) const CODING: Topic = Topic {
    slots: &[
        (
            "project",
            &[
                "the bus timetable thing",
                "my recipe sorter",
                "the plant watering script",
                "the chess clock",
                "the library scanner",
                "the tide calendar",
                "my tiny text adventure",
                "the dice roller",
            ],
        ),
        (
            "subject",
            &[
                "statistics",
                "linear algebra",
                "chemistry",
                "history",
                "the networks course",
                "geography",
                "the essay on canals",
            ],
        ),
        (
            "lang",
            &[
                "python",
                "rust",
                "javascript",
                "a spreadsheet",
                "lua",
                "bash",
            ],
        ),
        (
            "thing",
            &[
                "the semicolon",
                "the deadline",
                "my left monitor",
                "the group project",
                "the rubber duck",
                "the timezone library",
                "the infinite loop",
                "line forty two",
            ],
        ),
        (
            "fix",
            &[
                "a missing return",
                "the wrong folder",
                "an old version",
                "a space in the file name",
                "an empty line at the end",
                "a comma instead of a dot",
            ],
        ),
    ],
    exchanges: &[
        Exchange {
            lead: (
                Act::Ask,
                &[
                    "why does {project} work in {lang} on my laptop but not on {friend}'s?",
                    "can somebody look at {project}? it [prints everything twice|is off by one|sorts ten before two|stops at the last line]",
                    "what's the shortest way to [sort a list by two things|read a file line by line|count words|round to halves] in {lang}?",
                    "is {subject} due on {day} or on {+day}?",
                    "should I do {project} in {lang} or in {+lang}?",
                    "how many pages do we need for {subject}, {n} or more?",
                ],
            ),
            replies: &[
                (
                    Act::Answer,
                    &[
                        "different versions I'd guess, ask {friend} what it says on theirs",
                        "I think it's {fix}, print the value before the loop and look",
                        "there's a one line way in {lang}, look for the sort key",
                        "{subject} is due on {day}, at {clock}, they moved it",
                        "use {lang}, then I can help you with it",
                        "{n} pages with pictures, more without",
                    ],
                ),
                (
                    Act::Ask,
                    &[
                        "what does the error say, the last line of it?",
                        "did it work before {+day}?",
                        "which version have you got?",
                        "can you paste the part with the loop?",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "{thing} is legally your {+job} now",
                        "have you tried threatening {project} with a {+job}?",
                        "plot twist: {thing} was the bug all along",
                        "the computer did it, charge it with {+crime}",
                    ],
                ),
                (
                    Act::Disagree,
                    &[
                        "I'd not do that in {lang}, it gets slow with bigger files",
                        "no, it's still {+day} on the page I see",
                    ],
                ),
            ],
            close: (
                Act::Answer,
                &[
                    "same version on both, so it must be {fix}",
                    "it was {fix}, thanks",
                    "found it, that's a lot shorter in {lang}",
                    "ok, so I have until {day}",
                    "then {lang} it is, I know that a bit better",
                    "{n} pages, ok, I have two",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Brag,
                &[
                    "{project} WORKS, first green run after {n} days, victory!",
                    "got {nn} out of 100 in {subject}, best mark of the year, party!",
                    "handed in {subject} a whole day early, new record for me!",
                    "{project} is {nn} times faster now, biggest win this week!",
                    "somebody I don't know uses {project}, I won the internet today!",
                ],
            ),
            replies: &[
                (
                    Act::Ask,
                    &[
                        "what was it in the end, {fix}?",
                        "what did you change to make it faster?",
                        "can I see the code for {project} some time?",
                        "is {subject} done for the year then?",
                    ],
                ),
                (
                    Act::Encourage,
                    &[
                        "you didn't give up on {project} for one day, I'm {+sweet} of you {lead}",
                        "you earned that mark {lead}, you worked for it every evening, well done you",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "breaking news: {project} works, {+job} demands recount",
                        "don't touch it, don't look at it, {project} can smell {+crime}",
                        "{thing} is crying in a corner with its {+job}",
                    ],
                ),
                (
                    Act::Answer,
                    &[
                        "then put the tests in now, before you forget what it does",
                        "mine got quicker when I stopped reading the file {n} times",
                    ],
                ),
            ],
            close: (
                Act::Answer,
                &[
                    "{fix}, of all things",
                    "I read the file once now and keep it",
                    "yes, only the oral part is left, on {day}",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Complain,
                &[
                    "{nn} minutes on {project} and it was {fix}",
                    "the group for {subject} hasn't answered since {day} and I've done {n} parts alone",
                    "my laptop updates itself every time I open {project}",
                    "I don't understand a word of {subject}, and it's due on {day}",
                    "deleted the wrong folder, half of {project} is gone",
                ],
            ),
            replies: &[
                (
                    Act::Answer,
                    &[
                        "it's always {fix}, I look for that first now",
                        "write to the teacher before {day}, with dates and who did what",
                        "set the update to {clock}, then it leaves you alone",
                        "chapter {n} explains {subject} better than the slides do",
                        "look in the bin and in the editor's history, it keeps a copy",
                    ],
                ),
                (
                    Act::Encourage,
                    &[
                        "you're smarter than {subject} makes you feel {lead}, we'll get you through it",
                        "deep breath, it's fixable, and you've fixed worse, I believe in you",
                        "proud of you for doing {n} parts alone, that's a lot, rest a bit",
                    ],
                ),
                (
                    Act::Agree,
                    &[
                        "same group problem here, we're {n} people and I know two of them",
                        "I lost a day to {fix} once, never found out why",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "{thing} woke up and chose {+crime}",
                        "the group is a myth, like the {+job} who answers emails",
                        "legally {project} is now half a project and half a {+job}",
                    ],
                ),
            ],
            close: (
                Act::Answer,
                &[
                    "I'll look for {fix} first next time",
                    "ok, I'll write to them in the morning",
                    "set to {clock} now, thanks",
                    "I'll read that chapter tonight",
                    "found a copy from {day}, so it's only a bit that's lost",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Plan,
                &[
                    "study session for {subject} on {day} at {place}?",
                    "anyone want to work on {project} with me over the weekend?",
                    "shall we swap notes for {subject} before {day}?",
                ],
            ),
            replies: &[
                (
                    Act::Agree,
                    &[
                        "yes, I've got the first {n} chapters done",
                        "I can do {day} from {clock} on",
                        "sure, I'd do the part with the files",
                    ],
                ),
                (
                    Act::Disagree,
                    &[
                        "weekend is full for me, maybe {+day} after",
                        "I don't take {subject}, sorry",
                    ],
                ),
                (
                    Act::Ask,
                    &[
                        "is there wifi at {place}?",
                        "which chapters are you missing?",
                        "do I need to know {lang} for that?",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "I'll bring {thing} and {+n} emotional support {+job}s",
                        "we could study or we could commit {+crime}, the library is fine with either",
                    ],
                ),
            ],
            close: (
                Act::Logistics,
                &[
                    "ok, {day} {clock} at {place}, bring the book and a charger",
                    "I'll share the folder tonight, put yours in there",
                    "chapter {n} and after, the rest I have",
                ],
            ),
        },
    ],
};
