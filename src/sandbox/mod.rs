//! Everything that the gateway talks to, on loopback: a private Postgres, S3, STS and a Cognito stand-in.

pub mod aws;
