//! What does the least that could be called this service cost? `echo PORT BYTES`: a bare actix that reads the body of
//! `POST /v1/uploads`, and answers it in a document of so many bytes.

use std::net::Ipv4Addr;

use actix_web::web::{self, Json};
use actix_web::{App, HttpResponse, HttpServer};
use anyhow::Context;
use serde::{Deserialize, Serialize};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct File {
    file_name: String,
    content_type: String,
    size: u64,
}

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    file: &'a File,
    url: &'a str,
}

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().context("echo PORT BYTES")?.parse()?;
    let bytes: usize = arguments.next().context("echo PORT BYTES")?.parse()?;
    let around =
        serde_json::to_vec(&Answer { file: &File::default(), url: "" })?.len() + "photo.jpgimage/jpeg1234".len();
    let url = web::Data::new("x".repeat(bytes.saturating_sub(around)));
    let app = move || App::new().app_data(url.clone()).route("/v1/uploads", web::post().to(echo));
    let serve = async move { HttpServer::new(app).bind((Ipv4Addr::LOCALHOST, port))?.run().await };
    Ok(actix_web::rt::System::new().block_on(serve)?)
}

async fn echo(file: Json<File>, url: web::Data<String>) -> HttpResponse {
    HttpResponse::Created().json(Answer { file: &file, url: &url })
}
