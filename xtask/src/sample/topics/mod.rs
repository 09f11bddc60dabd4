//! What the group talks about.

mod bikes;
mod boardgames;
mod coding;
mod food;
mod games;
mod memes;
mod music;
mod pets;
mod plants;
mod weather;

pub(super) use {
    bikes::BIKES, boardgames::BOARDGAMES, coding::CODING, food::FOOD, games::GAMES, memes::MEMES,
    music::MUSIC, pets::PETS, plants::PLANTS, weather::WEATHER,
};
