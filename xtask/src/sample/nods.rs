//! What people say to an act, in a word or a few.

use super::grammar::{Act, Lines};

const NODS: [(Act, Lines); 11] = [
    (
        Act::Joke,
        &[
            "lmao",
            "I'm crying",
            "stop it",
            "haha no",
            "hahaha",
            "why are you like this",
            "I hate that this is good",
            "get out",
            "ok that got me",
            "snorted my tea",
            "you're not allowed to say that",
            "help",
            "dead",
        ],
    ),
    (
        Act::Pet,
        &[
            "aww",
            "oh no so cute",
            "what a face",
            "I would die for {pet}",
            "the ears",
            "give {pet} a kiss from me",
            "baby",
            "perfect creature",
            "more pictures please",
        ],
    ),
    (
        Act::Brag,
        &[
            "nice",
            "yesss",
            "huge",
            "no way",
            "congrats",
            "well deserved",
            "look at you",
            "ok show off",
            "finally",
            "and on a {+day} too",
        ],
    ),
    (
        Act::Feast,
        &[
            "oh wow",
            "looks great",
            "I'm so hungry now",
            "send some over",
            "recipe please",
            "stop, I had toast for dinner",
            "yum",
            "can I move in",
        ],
    ),
    (
        Act::Complain,
        &[
            "ugh",
            "oof",
            "rude",
            "that sucks",
            "same here",
            "classic",
            "sorry to hear",
            "not again",
            "gross",
            "boo",
        ],
    ),
    (
        Act::Encourage,
        &[
            "thank you",
            "thanks, needed that",
            "ok ok I'll try again",
            "you're sweet",
            "thanks all",
            "I'll keep that in mind",
        ],
    ),
    (
        Act::Plan,
        &[
            "I'm in",
            "count me in",
            "can't, sorry",
            "maybe, depends on work",
            "works for me",
            "yes please",
            "ok",
            "let me check and get back to you",
        ],
    ),
    (
        Act::Logistics,
        &[
            "ok",
            "noted",
            "got it",
            "sure",
            "on it",
            "fine by me",
            "k",
            "will do",
            "right",
            "works",
        ],
    ),
    (
        Act::Ask,
        &[
            "no idea",
            "good question",
            "not sure",
            "hm",
            "I was wondering the same",
            "pass",
        ],
    ),
    (
        Act::Answer,
        &[
            "ah ok",
            "makes sense",
            "oh right",
            "hm ok",
            "fair",
            "good to know",
            "really",
            "huh",
        ],
    ),
    (
        Act::Disagree,
        &[
            "fair enough",
            "agree to disagree",
            "nope",
            "we've been over this",
            "hm",
            "if you say so",
        ],
    ),
];

const YES: Lines = &["yeah", "yep", "true", "mhm", "right", "same"];

/// What people say to `act`.
pub(super) fn nods(act: Act) -> Lines {
    NODS.iter()
        .find(|(to, _)| *to == act)
        .map_or(YES, |(_, lines)| lines)
}
