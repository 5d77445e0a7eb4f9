//! What things are: the vocabulary that every layer shares. Imports nothing of ours.

mod clock;

pub use clock::Clock;
