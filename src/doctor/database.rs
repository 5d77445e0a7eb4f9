//! Can Postgres be reached, and does it have the shape that this version knows?

use super::{Finding, Neighbours};
use crate::adapters::postgres::{self, Shape};

const CHECK: &str = "database";

pub(super) async fn check(neighbours: &Neighbours) -> Vec<Finding> {
    let finding = match postgres::shape(&neighbours.pool).await {
        Ok(Shape::Known) => Finding::ok(CHECK, "Postgres answers, and every migration is in"),
        Ok(Shape::Older { missing }) => Finding::failed(
            CHECK,
            format!("{missing} migrations of this version are not in"),
            "Run `upload-gateway migrate` with this configuration.",
        ),
        Ok(Shape::Newer { unknown }) => Finding::warning(
            CHECK,
            format!("{unknown} migrations are in that this version does not know"),
            "A newer version was here. In the middle of a roll-out that is as it should be; otherwise update this one.",
        ),
        Ok(Shape::Changed { version }) => Finding::failed(
            CHECK,
            format!("migration {version} is not the one that was run"),
            "This program and this database are of different builds. Find out which one is wrong before anything is served.",
        ),
        Err(error) => Finding::failed(
            CHECK,
            format!("Postgres does not answer: {error}"),
            "Look at database.url, at the network, and at what this user may do.",
        ),
    };
    vec![finding]
}
