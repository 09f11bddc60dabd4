//! Cooking and eating.

use crate::sample::grammar::{Act, Exchange, Topic};

/// Cooking and eating.
pub(in crate::sample) const FOOD: Topic = Topic {
    slots: &[
        (
            "food",
            &[
                "lentil curry",
                "leek pie",
                "dumplings",
                "mushroom risotto",
                "onion soup",
                "flatbread",
                "noodle soup",
                "baked beans",
                "pumpkin gnocchi",
                "cabbage rolls",
                "potato salad",
                "plum cake",
                "cinnamon buns",
                "cheese scones",
            ],
        ),
        (
            "spice",
            &[
                "cumin",
                "smoked paprika",
                "cardamom",
                "nutmeg",
                "thyme",
                "chilli",
                "black pepper",
                "caraway",
            ],
        ),
        (
            "ingredient",
            &[
                "yoghurt",
                "stale bread",
                "red onions",
                "chickpeas",
                "a whole cauliflower",
                "half a cabbage",
                "buttermilk",
                "rice flour",
                "brown butter",
                "spring onions",
            ],
        ),
        (
            "tool",
            &[
                "the big pot",
                "my oven",
                "the hand mixer",
                "the kitchen scale",
                "the good knife",
                "the rice cooker",
                "the toaster",
            ],
        ),
        (
            "thing",
            &[
                "the sourdough starter",
                "the smoke alarm",
                "that leftover curry",
                "the cursed blender",
                "the last onion",
                "the oven light",
                "the mystery tupperware",
                "the burnt pan",
            ],
        ),
    ],
    exchanges: &[
        Exchange {
            lead: (
                Act::Feast,
                &[
                    "fresh {food} straight out of the oven, golden and crispy all over!",
                    "look at this {food}, made with {ingredient} and loads of {spice}!",
                    "tonight's dinner: homemade {food} with {spice}, smells unreal!",
                    "first time making {food} and it came out golden and perfect!",
                    "behold, {food} with {ingredient} and a golden crust!",
                    "made a huge tray of homemade {food}, there's enough for all of you!",
                ],
            ),
            replies: &[
                (
                    Act::Ask,
                    &[
                        "how long did you leave the {food} in for?",
                        "is that {spice} on top or something else?",
                        "did you use {ingredient} or leave it out?",
                        "do you have that written down somewhere?",
                        "what did you use instead of {+ingredient}?",
                    ],
                ),
                (
                    Act::Feast,
                    &[
                        "meanwhile here: homemade {+food} with {+spice}, still sizzling!",
                        "I made golden {+food} yesterday, the whole flat smells unreal!",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "{food}? in this economy? from a {+job}?",
                        "breaking news: {lead}'s {food} wanted for {+crime}, considered delicious",
                        "that {food} is legally my {+job} now",
                        "petition to elect {lead}'s {food} as mayor",
                    ],
                ),
                (
                    Act::Disagree,
                    &[
                        "I'd leave out the {spice}, it covers everything else",
                        "hm, I don't like {ingredient} in that, it goes watery",
                    ],
                ),
            ],
            close: (
                Act::Answer,
                &[
                    "about {nn} minutes, and turn it once in the middle",
                    "yes, {spice} and a bit of {ingredient}, nothing else",
                    "I'll copy it into the recipe post when I'm back at the laptop",
                    "I used what was left in the fridge, mostly {ingredient}",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Ask,
                &[
                    "what can I make with {ingredient} and nothing else?",
                    "does {food} freeze well or does it go mushy?",
                    "how much {spice} goes into {food} for {n} people?",
                    "can I replace {ingredient} in {food} with something?",
                    "how do you get {food} to not stick to {tool}?",
                    "what should I cook on {day}, {food} or {+food}?",
                ],
            ),
            replies: &[
                (
                    Act::Answer,
                    &[
                        "{food} works, you only need {ingredient}, oil and salt",
                        "it freezes fine for about a month, just let it cool first",
                        "a teaspoon of {spice} is plenty, you can add more later",
                        "I use {+ingredient} instead, it's a bit drier but okay",
                        "put baking paper under it and don't touch it for {nn} minutes",
                        "{food}, then you have leftovers for the next day",
                    ],
                ),
                (
                    Act::Disagree,
                    &[
                        "I wouldn't freeze {food}, it was soggy when I tried",
                        "no, {+food} is less work and you have most of it at home",
                        "that's too much {spice} if you ask me, half is enough",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "with {ingredient} and nothing else you can make {+crime}",
                        "my {+job} survived on {ingredient} for {+n} years and look at him, he's a ghost",
                        "ask {thing}, it has seen things and it is ready to talk",
                    ],
                ),
                (
                    Act::Encourage,
                    &[
                        "you'll do great {lead}, everyone's first {food} is wonky and loved anyway",
                        "trust your nose, you're a better cook than you think, I believe in you",
                    ],
                ),
            ],
            close: (
                Act::Nod,
                &[
                    "good, I have that at home",
                    "ok, into the freezer then",
                    "right, just a teaspoon of {spice}",
                    "ok thanks, trying {+ingredient}",
                    "baking paper, got it",
                    "alright, {food} it is",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Complain,
                &[
                    "{tool} broke in the middle of making {food}",
                    "I forgot the salt in the {food} and only noticed at the table",
                    "the shop was out of {ingredient} again, third time this month",
                    "burned the bottom of the {food} because I was on the phone with my {+relation}",
                    "I've been doing dishes for {nn} minutes and {tool} is still dirty",
                ],
            ),
            replies: &[
                (
                    Act::Answer,
                    &[
                        "{friend} has a spare one of those, ask them",
                        "put some on now, with {+spice}, nobody notices",
                        "the market on {day} usually has {ingredient}, go before ten",
                        "cut the bottom off and call it rustic",
                        "soak it with soda overnight, then it comes off {tool} in one go",
                    ],
                ),
                (
                    Act::Agree,
                    &[
                        "that happened to me with {+food} last week",
                        "yes, {ingredient} has been hard to get since {+day}",
                        "same, I order it now because the shop never has any",
                    ],
                ),
                (
                    Act::Encourage,
                    &[
                        "it happens to the best cooks {lead}, and you're one of them, big hug",
                        "you fed people today and that's lovely, don't be hard on yourself",
                        "next one will be wonderful {lead}, I believe in you and your {food}",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "the {food} has entered its charcoal era and honestly I respect it",
                        "{tool} woke up and chose {+crime}",
                        "the smoke alarm is legally your {+relation} now, invite it to dinner",
                    ],
                ),
            ],
            close: (
                Act::Answer,
                &[
                    "asked {friend}, can pick it up on {day}",
                    "did that, it's edible now",
                    "good to know, I'll go on {day} then",
                    "we had bread and cheese in the end, was fine",
                    "ok, I'll try the soda thing tonight",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Plan,
                &[
                    "shall we cook {food} together on {day}?",
                    "anyone want to come over for {food} on {day}, around {clock}?",
                    "I have {ingredient} for a whole week, dinner at {place} on {day}?",
                    "potluck on {day}? I'd make {food}",
                ],
            ),
            replies: &[
                (
                    Act::Agree,
                    &[
                        "yes, I'll bring {+ingredient} and something to drink",
                        "I'd come, but after {clock}, I work late on {day}",
                        "sure, should I bring {tool}? I know yours is slow",
                    ],
                ),
                (
                    Act::Ask,
                    &[
                        "is it ok if my {+relation} comes along?",
                        "with or without {ingredient}? I'm not good with it",
                        "at yours or at {+place}?",
                    ],
                ),
                (
                    Act::Disagree,
                    &[
                        "{day} is no good for me, I have [training|a shift|a dentist thing]",
                        "could we do something easier than {food}, that takes hours",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "I'll bring {thing} and {+n} lawyers",
                        "only if {thing} isn't invited, it knows what it did",
                    ],
                ),
            ],
            close: (
                Act::Logistics,
                &[
                    "ok, {day} {clock}, I'll get {ingredient} and somebody brings bread",
                    "at mine then, the bell says {nn}, third floor",
                    "let's say {clock}, and tell me before if you don't eat {ingredient}",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Answer,
                &[
                    "I started putting {spice} in {food}, it makes more of a difference than I expected",
                    "read somewhere that you should salt {ingredient} an hour before you use it",
                    "day {n} of the starter: it smells of [apples|glue|beer] and has a few bubbles",
                    "the market had {ingredient} for half the price, so it's {food} all week",
                ],
            ),
            replies: &[
                (
                    Act::Ask,
                    &[
                        "how much {spice} do you put in, and at the end?",
                        "and does that change the taste of {ingredient} or only the texture?",
                        "how often do you feed the starter?",
                        "which stall had {ingredient}, the one by the church?",
                    ],
                ),
                (
                    Act::Agree,
                    &[
                        "I do that too, with {+spice}, for years now",
                        "yes, my {+relation} always did it that way",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "give the starter a name and a {+job}, it's old enough",
                        "plot twist: the {spice} was {+spice} all along",
                        "{food} all week, by {+day} you will legally be {food}",
                    ],
                ),
                (
                    Act::Encourage,
                    &[
                        "you're so patient with it {lead}, I'm {+sweet} of you and your jar",
                        "keep feeding it and be kind to it, you two will make lovely bread",
                    ],
                ),
            ],
            close: (
                Act::Answer,
                &[
                    "half a spoon of {spice}, near the end so it doesn't go bitter",
                    "a bit of both I'd say, but more the texture",
                    "once a day, twice when it's warm",
                    "the stall at the corner, it's only there on {day}s",
                ],
            ),
        },
    ],
};
