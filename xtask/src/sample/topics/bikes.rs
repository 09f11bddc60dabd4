//! Bicycles, rides and repairs.

use crate::sample::grammar::{Act, Exchange, Topic};

/// Bicycles.
pub(in crate::sample) const BIKES: Topic = Topic {
    slots: &[
        (
            "ride",
            &[
                "the canal loop",
                "the quarry road",
                "the long hill",
                "the lighthouse path",
                "the forest track",
                "the reservoir",
                "the old railway line",
            ],
        ),
        (
            "bikepart",
            &[
                "the chain",
                "the rear brake",
                "the front wheel",
                "the saddle",
                "the gear cable",
                "the left pedal",
                "the dynamo",
                "the inner tube",
            ],
        ),
        (
            "noise",
            &[
                "clicks",
                "squeaks",
                "rattles",
                "grinds a bit",
                "hums",
                "wobbles",
            ],
        ),
        (
            "thing",
            &[
                "the squeaky brake",
                "that seagull on the pier",
                "the long hill",
                "my rusty chain",
                "the tandem",
                "the headwind",
                "the bell",
                "the cobblestones",
            ],
        ),
        (
            "tool",
            &[
                "a 15 spanner",
                "the chain tool",
                "tyre levers",
                "a bit of oil",
                "the good pump",
                "a hex key",
            ],
        ),
    ],
    exchanges: &[
        Exchange {
            lead: (
                Act::Ask,
                &[
                    "{bikepart} {noise} since {day}, is that dangerous or only annoying?",
                    "who has {tool} I could borrow until {day}?",
                    "how much should a shop take for {bikepart}, {nn}?",
                    "is {ride} open again or still closed after the storm?",
                    "which tyres do you ride in winter, the wide ones?",
                ],
            ),
            replies: &[
                (
                    Act::Answer,
                    &[
                        "if it {noise} under load it's probably {bikepart}, otherwise it's just dirt",
                        "I have {tool}, it's in the shed at {place}",
                        "{nn} with labour is normal, more is cheeky",
                        "{ride} is open up to the bridge, after that there's a fence",
                        "wide ones, with less air than you think",
                    ],
                ),
                (
                    Act::Disagree,
                    &[
                        "I wouldn't ride it like that, have {bikepart} looked at first",
                        "that's too much, I did mine for half with {tool}",
                        "narrow ones cut through the slush better in my opinion",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "{bikepart} {noise} because it has seen {+crime} and wants a {+job}",
                        "breaking news: {bikepart} refuses to testify against {thing}",
                        "your bike is legally a [percussion instrument|haunted house|protest] now",
                    ],
                ),
                (
                    Act::Ask,
                    &[
                        "does it do that uphill only or all the time?",
                        "when did you last oil it?",
                        "is it the old bike or the green one?",
                    ],
                ),
            ],
            close: (
                Act::Answer,
                &[
                    "only uphill, and more when it's wet",
                    "ok, I'll come by for {tool} on {day}",
                    "{nn}, that's about what they said",
                    "up to the bridge is enough for me",
                    "wide ones then, with less air",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Brag,
                &[
                    "{nn} km today over {ride}, new personal record!",
                    "made it up {ride} without getting off once, victory!",
                    "fixed {bikepart} all on my own with {tool}, I'm unstoppable!",
                    "first place in the {day} ride, with {n} seconds on {friend}!",
                ],
            ),
            replies: &[
                (
                    Act::Ask,
                    &[
                        "how long did you need for {ride}?",
                        "did you take the gravel or the road?",
                        "what gear do you use on the steep part?",
                    ],
                ),
                (
                    Act::Encourage,
                    &[
                        "you couldn't do half of that in spring {lead}, I'm {+sweet} of you",
                        "what a day, and you kept going in that wind, you're amazing {lead}",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "{ride} has hired a {+job} and wants a rematch",
                        "plot twist: {thing} was pushing you all along",
                        "legally you are now {+nn} percent bicycle",
                    ],
                ),
                (
                    Act::Answer,
                    &[
                        "last week the gravel was still loose by the bridge",
                        "I need nearly twice that with my gears",
                    ],
                ),
            ],
            close: (
                Act::Answer,
                &[
                    "a bit under {n} hours with one stop",
                    "gravel on the way there, road on the way back",
                    "smallest one, and then just slowly",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Plan,
                &[
                    "{ride} on {day}, start at {clock} from {place}?",
                    "anyone for a slow ride on {day}, no more than {nn} km?",
                    "repair evening at {place} on {day}, I'd do {bikepart} and the brakes",
                    "should we take the tandem out on {day} if it's dry?",
                ],
            ),
            replies: &[
                (
                    Act::Agree,
                    &[
                        "yes, if we're back before {clock}",
                        "I'd come, I need to do {+bikepart} anyway",
                        "dry or not, I'm coming along",
                    ],
                ),
                (
                    Act::Disagree,
                    &[
                        "{bikepart} isn't done yet, go without me",
                        "{ride} is too long for me at the moment, something flat?",
                    ],
                ),
                (
                    Act::Ask,
                    &[
                        "who brings {tool}?",
                        "how fast is slow?",
                        "is there a stop with water on the way?",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "I'll come if {thing} signs a peace treaty",
                        "slow ride, he says, said the {+job} before the {+crime}",
                    ],
                ),
            ],
            close: (
                Act::Logistics,
                &[
                    "{clock} at {place} then, I'll bring {tool} and the spare tube",
                    "we stop at the bridge after an hour, there's a tap",
                    "if it rains I write here before {clock}",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Complain,
                &[
                    "flat tyre on {ride}, walked {n} km home in the rain",
                    "somebody stole {bikepart} off my bike outside {shop}",
                    "the bike shop has no date before {day} in {n} weeks",
                    "{bikepart} {noise} again and I only had it done in {month}",
                ],
            ),
            replies: &[
                (
                    Act::Answer,
                    &[
                        "put a tube and levers under the saddle, then you don't have to walk",
                        "the police have a list for that, take the frame number along",
                        "the one by {+shop} takes you without a date before ten",
                        "if it was done in {month} they have to do it again for free",
                    ],
                ),
                (
                    Act::Agree,
                    &[
                        "same shop here, I waited {n} weeks for a cable",
                        "there's glass on {ride} since {day}, I had one too",
                    ],
                ),
                (
                    Act::Encourage,
                    &[
                        "you walked all that in the rain and still came to say hi, big hug {lead}",
                        "get warm and dry first, you've done enough today, we're {+sweet} of you",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "not {ride} committing {+crime} against {lead} again",
                        "the thief is a {+job} with {+n} saddles and no soul",
                        "{bikepart} has entered its villain era",
                    ],
                ),
            ],
            close: (
                Act::Answer,
                &[
                    "ok, I'll put that under the saddle",
                    "I have the number somewhere, thanks",
                    "I'll go there on {day} before work",
                    "good point, I still have the slip from {month}",
                ],
            ),
        },
    ],
};
