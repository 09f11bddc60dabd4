//! Music; every band is invented.

use crate::sample::grammar::{Act, Exchange, Topic};

/// Music.
pub(in crate::sample) const MUSIC: Topic = Topic {
    slots: &[
        (
            "band",
            &[
                "Velvet Kettle",
                "The Damp Matches",
                "Owl Parade",
                "Northbound Spoon",
                "Paper Submarine",
                "Sad Trombone Club",
                "Tin Orchard",
                "Night Bus Choir",
                "Gravel Sisters",
            ],
        ),
        (
            "song",
            &[
                "Moth Weather",
                "Seven Wet Dogs",
                "Paper Crown",
                "Last Ferry",
                "Porch Light",
                "Cold Noodles",
                "Blue Radiator",
                "Half a Map",
            ],
        ),
        (
            "instrument",
            &[
                "ukulele",
                "accordion",
                "bass",
                "clarinet",
                "piano",
                "banjo",
                "cello",
                "drum kit",
                "flute",
            ],
        ),
        (
            "thing",
            &[
                "the cowbell solo",
                "my neighbour's trombone",
                "the recorder section",
                "the bass player",
                "the eleven minute intro",
                "my singing voice",
                "the broken aux cable",
                "the metronome",
            ],
        ),
        (
            "part",
            &[
                "the bridge",
                "the chorus",
                "the second verse",
                "the intro",
                "that key change",
                "the last minute",
            ],
        ),
    ],
    exchanges: &[
        Exchange {
            lead: (
                Act::Ask,
                &[
                    "has anyone heard the new {band} record, is it any good?",
                    "what do you listen to when you [clean|study|can't sleep|cook]?",
                    "which {band} song should I start with?",
                    "does anyone know that song that goes a bit like {song} but slower?",
                    "how do you practise {part} without annoying the neighbours?",
                ],
            ),
            replies: &[
                (
                    Act::Answer,
                    &[
                        "it's fine, the first half is better than the second",
                        "mostly {band}, or rain sounds if I'm tired",
                        "start with {song}, the rest sounds like that but longer",
                        "could be {+song}, the one with the {instrument} at the start",
                        "I play it at half speed with a towel in the {instrument}",
                    ],
                ),
                (
                    Act::Disagree,
                    &[
                        "I couldn't get into it, everything sounds like {song} again",
                        "no, don't start with {song}, {+song} is more like the rest of them",
                        "I liked the old ones more, before they added the {instrument}",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "{band}? in this economy? my {+job} only lets me hum",
                        "I only listen to {thing} and the screams of my {+job}",
                        "plot twist: the song was {thing} all along",
                    ],
                ),
                (
                    Act::Agree,
                    &[
                        "I wanted to ask the same, it keeps coming up everywhere",
                        "yes, {part} of that one has been in my head since {+day}",
                    ],
                ),
            ],
            close: (
                Act::Nod,
                &[
                    "ok, putting it on now",
                    "thanks, adding that to the list",
                    "alright, {song} first then",
                    "hm not that one but close",
                    "a towel, that could work",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Brag,
                &[
                    "I played {song} on the {instrument} all the way through, no mistakes, what a win!",
                    "got front row tickets for {band}, I'm shaking, we won!",
                    "passed my {instrument} exam with {nn} points, best day ever!",
                    "our band got the slot at {place}, first real stage, huge win!",
                ],
            ),
            replies: &[
                (
                    Act::Ask,
                    &[
                        "when is it and how much are the tickets?",
                        "how long did you practise {part} for?",
                        "is there a recording of it?",
                        "do you need somebody for the lights?",
                    ],
                ),
                (
                    Act::Encourage,
                    &[
                        "you practised every single evening {lead}, I'm {+sweet} of you",
                        "you deserve every clap {lead}, keep playing, we love hearing you",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "breaking news: {instrument} player found happy, {+job} suspicious",
                        "the {instrument} has retained a {+job} and wants royalties",
                        "somewhere {thing} is jealous and planning {+crime}",
                    ],
                ),
                (
                    Act::Answer,
                    &[
                        "I was there last year, stand on the left, the sound is better",
                        "if you record it use the phone in the other room, it clips less",
                    ],
                ),
            ],
            close: (
                Act::Answer,
                &[
                    "on {day} at {clock}, I think {nn} at the door",
                    "about {n} weeks for {part} alone",
                    "{friend} recorded it but you mostly hear coats",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Plan,
                &[
                    "{band} are playing at {place} on {day}, who's coming?",
                    "jam at {place} on {day}? I can bring the {instrument}",
                    "shall we swap playlists again this week, topic: [rain|trains|winter|breakfast]?",
                    "I'd like to learn {song} together, anyone for {day} evening?",
                ],
            ),
            replies: &[
                (
                    Act::Agree,
                    &[
                        "I'd come along if it's not after {clock}",
                        "yes, I've got the {+instrument} and a cable",
                        "sure, I'll have mine done by {day}",
                    ],
                ),
                (
                    Act::Disagree,
                    &[
                        "I saw them in {month}, once is enough for me",
                        "{day} doesn't work, could you do it the week after?",
                    ],
                ),
                (
                    Act::Ask,
                    &[
                        "how much is it at the door?",
                        "is there a piano there or do we need to bring one?",
                        "how many songs each?",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "I'll bring {thing} and a signed confession",
                        "as long as {thing} is legally allowed within {+n} streets of us",
                    ],
                ),
            ],
            close: (
                Act::Logistics,
                &[
                    "{nn} at the door, less if we order before {day}",
                    "ok, {clock} at the side entrance, the front one is locked",
                    "{n} songs each, send them to me until {day}",
                ],
            ),
        },
        Exchange {
            lead: (
                Act::Complain,
                &[
                    "the neighbour is practising {instrument} again, same {n} notes since {clock}",
                    "the aux cable died and I have a {nn} minute bus ride",
                    "{band} cancelled, I had the ticket since {month}",
                    "broke a string on the {instrument} right before {part}",
                ],
            ),
            replies: &[
                (
                    Act::Answer,
                    &[
                        "put a towel under the door, that takes most of the {instrument}",
                        "I have a spare cable, it's a bit loose on the left side",
                        "you get the money back if you write to them before {day}",
                        "{+shop} has strings, the cheap ones hold for a month",
                    ],
                ),
                (
                    Act::Agree,
                    &[
                        "ours plays {song} every {day}, always the same two lines",
                        "same, I've got a ticket for that too, nobody wrote to me",
                    ],
                ),
                (
                    Act::Encourage,
                    &[
                        "rest your hands {lead}, you sounded lovely last week, it'll come back",
                        "hang in there, there'll be another concert and we'll all hug in the front row",
                    ],
                ),
                (
                    Act::Joke,
                    &[
                        "{thing} woke up and chose {+crime}",
                        "your neighbour is legally a {+job} with {+n} notes",
                        "the string knew what {part} would do to it and left",
                    ],
                ),
            ],
            close: (
                Act::Answer,
                &[
                    "he's stopped now, so it's only the drill left",
                    "could you bring the cable on {day}?",
                    "I'll write to {band} then, thanks",
                    "ok, I'll get strings tomorrow",
                ],
            ),
        },
    ],
};
