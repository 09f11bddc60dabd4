//! Computer games; every title is invented.

use crate::sample::grammar::{Act, Exchange, Topic};

/// Computer games.
pub(in crate::sample) const GAMES: Topic = Topic {
    slots: &[
        (
            "game",
            &[
                "Moonrail",
                "Goblin Logistics",
                "Hollow Harvest",
                "Puddle Racers",
                "Deep Cellar",
                "Mushroom Court",
                "Tarn Knights",
                "Ferry Simulator",
                "Lantern Siege",
                "Cloud Plumbers",
            ],
        ),
        (
            "boss",
            &[
                "the swamp queen",
                "the clockwork bear",
                "the tax dragon",
                "the twin lanterns",
                "the lighthouse ghost",
                "old Marrow",
                "the drowned king",
                "the last goat",
            ],
        ),
        (
            "thing",
            &[
                "the tutorial goat",
                "my inventory",
                "the escort mission",
                "the fishing minigame",
                "the loading screen",
                "the swamp level",
                "that one elevator",
                "the healer",
                "the save menu",
            ],
        ),
        (
            "item",
            &[
                "the copper shield",
                "the frost hammer",
                "a cursed trowel",
                "the long ladder",
                "the moth cloak",
                "the double hook",
                "the rusty bell",
            ],
        ),
        (
            "class",
            &[
                "healer", "ranger", "gardener", "wizard", "tank", "bard", "miner",
            ],
        ),
        (
            "level",
            &[
                "the glass caves",
                "the drowned library",
                "the windmill",
                "the night market",
                "floor nine",
                "the salt mines",
                "the upside down train",
            ],
        ),
    ],
    exchanges: &[
        Exchange {
            lead: (
                Act::Plan,
                &[
                    "anyone up for {game} [tonight|later|after dinner|this evening]?",
                    "{game} at {clock}? we still need a {class}",
                    "I want to try {level} in {game} again, who's coming?",
                    "shall we do a short run of {game} on {day} around {clock}?",
                    "need [one|two] more for {game}, mostly just {level} and then bed",
                ],
            ),
            replies: &[
                (
                    Act::Agree,
                    &[
                        "yes, I can play {class} if nobody else wants to",
                        "I'm in, give me [ten|twenty] minutes to eat",
                        "sure, as long as we [skip|don't do] {level} this time",
                        "yes but I have to be off by {+clock}",
                    ],
                ),
                (
                    Act::Disagree,
                    &[
                        "can't tonight, I promised my {+relation} I'd [call|help out|come over]",
                        "not {game} again, can we play {+game} for once?",
                        "I'd rather wait for {day}, I don't have {+item} yet",
                        "no, last time {level} took us until [midnight|one in the morning]",
                    ],
                ),
                (
                    Act::Ask,
                    &[
                        "do we have a {class} or is it me again?",
                        "what level do I need for {level}?",
                        "is {friend} coming too or just us?",
                        "which server, the [old|new|quiet] one?",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "breaking news: {lead} asks {+n} people to suffer in {level} for free",
                        "I'll bring my {class}, my snacks and my unresolved feelings about {thing}",
                        "legally I can't return to {level} after what I did to {thing}",
                    ],
                ),
            ],
            close: (
                Act::Logistics,
                &[
                    "ok then {clock}, I'll [open the lobby|make the room|send the code] a bit before",
                    "right, {clock} it is, bring {+item} if you have it",
                    "so that's [three|four] of us, {friend} takes {class} and I'll fill in",
                    "I'll be on from {clock}, same room as last time",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Brag,
                &[
                    "WE BEAT {boss}, first try, with {n} seconds left!",
                    "finally won against {boss} after {nn} tries, my hands are shaking!",
                    "I got {item} from {level} and it's even better than I hoped!",
                    "new record on {level}: {nn} points ahead of {friend}!",
                    "just cleared {level} without losing a single heart, victory lap!",
                    "top of the {game} ladder this week, look at that rank!",
                ],
            ),
            replies: &[
                (
                    Act::Ask,
                    &[
                        "how did you get past the second phase of {boss}?",
                        "wait, which build did you use against {boss}?",
                        "where in {level} was it, near the stairs?",
                        "did you take the short way through {level}?",
                        "was that on hard or on normal?",
                        "how many points is {friend} behind you?",
                    ],
                ),
                (
                    Act::Brag,
                    &[
                        "and I finally won the {+class} trial with {+item}, what a night!",
                        "same night I beat {+boss} solo, we are unstoppable!",
                        "clean win over {level} here too, new record and everything!",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "somewhere {boss} is updating its CV and crying",
                        "plot twist: {boss} let you win because it has a family",
                        "{boss} has filed for {+crime} charges against you",
                    ],
                ),
                (
                    Act::Answer,
                    &[
                        "the trick is to stand [left|behind|on the stairs] when the floor goes dark",
                        "I always use {+item} there, it makes the last part shorter",
                        "you can skip half of {level} by the back door, not many people know",
                    ],
                ),
            ],
            close: (
                Act::Answer,
                &[
                    "mostly {item} and a lot of walking in circles",
                    "I went in as {class} with {item}, then waited out the second phase",
                    "on normal, hard is for {friend}",
                    "took me since {+day} to learn the timing at {level}",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Complain,
                &[
                    "{game} crashed again right before {boss} and didn't save",
                    "the new patch made {class} useless, {item} does half of what it did",
                    "I've been queueing for {level} for {nn} minutes now",
                    "stuck at {boss} since {+day}, I keep dying in the same corner",
                    "lost {item} because I pressed the wrong button in {level}",
                ],
            ),
            replies: &[
                (
                    Act::Answer,
                    &[
                        "try turning off the [shadows|overlay|voice chat], that fixed the crash for {friend}",
                        "they said on {+day} that a fix for {class} is coming",
                        "{level} is always full around {+clock}, go in the morning",
                        "go in with {+class} first, {boss} is slower against those",
                        "you can get {item} back from the ferryman for {nn} coins",
                    ],
                ),
                (
                    Act::Agree,
                    &[
                        "same here, {level} hasn't worked properly since the last patch",
                        "yes, I stopped playing {class} because of that",
                        "it did that to me as well on {+day}, twice",
                    ],
                ),
                (
                    Act::Encourage,
                    &[
                        "you'll beat {boss} soon {lead}, you were so close last time, I believe in you",
                        "take a break, pet {pet}, and {boss} won't know what hit it, you've got this",
                        "you're the best {class} we have, don't let {level} tell you otherwise",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "{boss} is legally your {+job} now",
                        "not {level} committing {+crime} against {lead} again",
                        "have you tried asking {boss} for a refund in this economy?",
                    ],
                ),
            ],
            close: (
                Act::Answer,
                &[
                    "hm, I had that setting off already, must be something else",
                    "ok, I'll play {+class} until the fix is out",
                    "I'll just leave {level} for the weekend then",
                    "ok, I'll try that [tonight|tomorrow|after work] and report back",
                    "found the ferryman, {item} is back in my bag",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Ask,
                &[
                    "is {game} worth it at full price or should I wait for a sale?",
                    "which class should I start with in {game}, {class} or {+class}?",
                    "does anyone know where to find {item}?",
                    "how long is {game} if I ignore all the side stuff?",
                    "can you play {game} with a controller or only with keyboard?",
                ],
            ),
            replies: &[
                (
                    Act::Answer,
                    &[
                        "I'd wait, {game} goes down to half every few months",
                        "start with {class}, it forgives mistakes and gets {item} early",
                        "{item} is in {level}, behind the second waterfall I think",
                        "about {nn} hours, less if you skip {level}",
                        "controller works but the menus are a pain",
                    ],
                ),
                (
                    Act::Disagree,
                    &[
                        "nah, {+class} is better, {class} gets boring after {level}",
                        "I wouldn't start with that at all, {+game} does the same and is shorter",
                        "I paid full price and regret it a bit, {level} feels unfinished",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "the real treasure was the {+job} we met along the way",
                        "ask {boss}, I hear it does free consultations for {+crime}",
                        "{game} at full price? in this economy? my {+job} would faint",
                    ],
                ),
            ],
            close: (
                Act::Nod,
                &[
                    "alright, waiting it is",
                    "ok thanks, I'll go with {class}",
                    "cool, that helps",
                    "hm ok, that's [short|long]",
                    "keyboard then I guess",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Answer,
                &[
                    "watched someone play {game} and they skip {level} completely, you can just climb over",
                    "they announced a second season of {game}, out on some {day} in autumn",
                    "reading the patch notes for {game}, {class} gets {item} earlier now",
                    "apparently {level} was only made because the team had a week left over",
                ],
            ),
            replies: &[
                (
                    Act::Ask,
                    &[
                        "does that still work after the patch?",
                        "is that for everyone or only the people who bought the pass?",
                        "where did you read that, the forum?",
                    ],
                ),
                (
                    Act::Agree,
                    &[
                        "makes sense, {level} always felt a bit different from the rest",
                        "I'd noticed that {class} was weaker, good that they saw it too",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "petition to let {thing} write the next patch notes",
                        "the patch notes just say sorry and then list {+n} counts of {+crime}",
                        "plot twist: {level} was designed by a {+job}",
                    ],
                ),
            ],
            close: (
                Act::Answer,
                &[
                    "it was in the long post on their site, somewhere in the middle",
                    "for everyone I think, but don't quote me on it",
                    "still works, I tried it on {+day}",
                ],
            ),
        },
    ],
};
