//! Animals at home.

use crate::sample::grammar::{Act, Exchange, Topic};

/// Animals at home.
pub(in crate::sample) const PETS: Topic = Topic {
    slots: &[
        (
            "spot",
            &[
                "the laundry basket",
                "my keyboard",
                "the bathroom sink",
                "a shoe box",
                "the windowsill",
                "my good jumper",
                "the bread bin",
                "the bookshelf",
                "the top of the fridge",
            ],
        ),
        (
            "thing",
            &[
                "the vacuum cleaner",
                "the vet bill",
                "the red dot",
                "the cardboard castle",
                "the squeaky duck",
                "the empty food bowl",
                "the neighbour's cat",
                "the pet carrier",
            ],
        ),
        (
            "treat",
            &[
                "a carrot",
                "the salmon bites",
                "a bit of apple",
                "half a biscuit",
                "the crunchy ones",
                "a blueberry",
            ],
        ),
        (
            "deed",
            &[
                "asleep",
                "upside down",
                "snoring softly",
                "curled up",
                "purring away",
                "dreaming with tiny twitching paws",
                "tucked in",
            ],
        ),
    ],
    exchanges: &[
        Exchange {
            lead: (
                Act::Pet,
                &[
                    "little {pet} is {deed} in {spot}, [my heart|I can't cope|so soft]",
                    "{pet} brought me {treat} this morning and then fell {deed} on my feet, what an angel",
                    "caught {pet} {deed} in {spot} again, those tiny paws",
                    "sweet {pet} waited by the door for me all afternoon, my heart",
                    "{pet} turned {n} today, we had {treat} with a tiny candle",
                    "please look at {pet} in the new {+colour} scarf, such a sweet little face",
                    "tiny {pet} has learned to [wave|open the door|sit on my shoulder], my clever baby",
                ],
            ),
            replies: &[
                (
                    Act::Pet,
                    &[
                        "{my pet} sends a soft little boop to {pet}",
                        "sweet {my pet} is {deed} next to me right now, two little angels",
                        "oh the tiny paws, {my pet} and {pet} should be best friends",
                    ],
                ),
                (
                    Act::Ask,
                    &[
                        "does {pet} always sleep in {spot}?",
                        "where does {pet} find {treat} at that hour?",
                        "is {spot} warm or what is it about that place?",
                        "how long were you out, until {clock}?",
                        "{n} already, wasn't {pet} tiny when you moved in?",
                        "where did you get the {+colour} one, {+shop}?",
                        "did {pet} learn that alone or with {treat}?",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "{pet} pays no rent and is legally your {+job}",
                        "breaking news: {pet} spotted in {spot}, {+n} suspects questioned for {+crime}",
                        "plot twist: {spot} belongs to {pet} and you are the {+job}",
                    ],
                ),
                (
                    Act::Answer,
                    &[
                        "mine only sleeps like that when the heating is on",
                        "ours had one in {+colour}, it lasted {n} days",
                        "that's the spot my {+relation}'s {species} picks too",
                    ],
                ),
            ],
            close: (
                Act::Answer,
                &[
                    "only in {spot}, the expensive bed is still in the box",
                    "in my bag, I should close it at night",
                    "only when I try to work, so from {clock} on",
                    "until {clock}, the meeting didn't end",
                    "yes, {n} in {month}, or so the papers say",
                    "from {+shop}, it was {nn} or so",
                    "with {treat}, and about {n} weeks of it",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Ask,
                &[
                    "who can feed {pet} from {day} to {+day}?",
                    "is it normal that {pet} suddenly doesn't eat {treat} any more?",
                    "how do you get a {species} into the carrier without a fight?",
                    "how often do you clean the [cage|litter|blanket], every {n} days?",
                    "which food do you all buy, {pet} won't touch the one in the blue bag",
                ],
            ),
            replies: &[
                (
                    Act::Answer,
                    &[
                        "I can come on {day} but not in the evening",
                        "{my pet} did that too, it was a tooth, have the vet look at it",
                        "leave the carrier open in {spot} for a week, then it's just furniture",
                        "every {n} days, more often in summer",
                        "we buy the plain one from {+shop}, the big bag",
                    ],
                ),
                (
                    Act::Disagree,
                    &[
                        "I wouldn't wait with that, call the vet on {day}",
                        "every {n} days is a lot, once a week is enough for a {species}",
                        "we had that food and it wasn't any better",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "{pet} has hired a {+job} and will not be taking questions",
                        "put {thing} in the carrier and {pet} will commit {+crime} to get in",
                    ],
                ),
                (
                    Act::Encourage,
                    &[
                        "{pet} is lucky to have you {lead}, you look after them so well",
                        "you're doing everything right {lead}, give {pet} a hug from us and one for you",
                    ],
                ),
            ],
            close: (
                Act::Logistics,
                &[
                    "ok, key is under the [blue|broken|second] pot, food is by the sink",
                    "I'll call the vet on {day} at {clock}, they open late",
                    "carrier is in {spot} now, let's see",
                    "every {n} days then, I'll put it on the calendar",
                    "then I'll buy the small bag first and see",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Complain,
                &[
                    "{pet} knocked over the [vase|water|whole shelf] at four in the morning",
                    "another {nn} at the vet for {pet}, and they found nothing",
                    "{pet} has been loud since [five|six] and I have a call at nine",
                    "there's hair on every single thing I own, I just washed this",
                    "{pet} ate the corner off my [homework|contract|library book]",
                ],
            ),
            replies: &[
                (
                    Act::Agree,
                    &[
                        "{my pet} does the same, always on a work day",
                        "same, we spent that on the vet in {month} and it was nothing too",
                        "I gave up on dark clothes, it's easier",
                    ],
                ),
                (
                    Act::Answer,
                    &[
                        "put the breakable things on the floor, I gave up on shelves",
                        "ask for the report, then the next vet doesn't do it all again",
                        "put the food out later in the evening, then the morning is quieter",
                        "a damp glove takes the hair off, better than the roller",
                        "tell them it was {pet}, they never believe it but it's written down",
                    ],
                ),
                (
                    Act::Encourage,
                    &[
                        "you're a good {species} parent {lead}, even at four in the morning, big hug",
                        "{pet} adores you {lead}, and so do we, hang in there",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "{pet} has entered the villain era at four in the morning",
                        "the {+job} will see {pet} now, the charge is {+crime}",
                        "not {pet} eating the evidence of {+crime}",
                    ],
                ),
            ],
            close: (
                Act::Answer,
                &[
                    "anyway it's cleaned up now and I'm having coffee",
                    "ok, I'll ask when I pick up the pills on {day}",
                    "I'll try feeding {pet} later then",
                    "glove it is, thanks",
                    "I'll hand in the rest and hope",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Pet,
                &[
                    "update on {pet}: all better, eating {treat} and purring like a tiny motor",
                    "the shelter let me hold a sleepy baby {+animal} and my heart just melted",
                    "{pet} and the neighbour's {+animal} touched noses through the fence, soft little friends",
                    "woke up with {pet} {deed} right under my chin, so warm and so small",
                ],
            ),
            replies: &[
                (
                    Act::Encourage,
                    &[
                        "so happy for you and {pet}, you took such good care of that sweet baby",
                        "oh what a relief, sending you both the biggest hug {lead}",
                    ],
                ),
                (
                    Act::Ask,
                    &[
                        "so do you still have to give the drops?",
                        "are you going back there on {day}?",
                        "was it the one with the white ear?",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "{pet} will be billing you for emotional {+crime}",
                        "two {species}s, one fence, {+n} lawyers, coming this autumn",
                    ],
                ),
                (
                    Act::Agree,
                    &[
                        "good, mine took a week longer with that",
                        "yes, that shelter is well run, we went in {month}",
                    ],
                ),
            ],
            close: (
                Act::Answer,
                &[
                    "drops until {day}, then we're done with it",
                    "maybe on {day}, if the bus runs",
                    "the grey one, it was already promised to somebody though",
                ],
            ),
        },
    ],
};
