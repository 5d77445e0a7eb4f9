//! Which files is the portal made of?

macro_rules! files {
    ($($name:literal),+ $(,)?) => { &[$(($name, include_str!(concat!("page/", $name)))),+] };
}

/// Each file's name and text.
pub(super) const FILES: &[(&str, &str)] = files![
    "index.html",
    "icon.svg",
    "style.css",
    "main.js",
    "session.js",
    "proof.js",
    "api.js",
    "problems.js",
    "dom.js",
    "format.js",
    "notices.js",
    "sign-in.js",
    "people.css",
    "upload.js",
    "transfer-row.js",
    "unfinished.js",
    "transfers.js",
    "transfer.js",
    "meter.js",
    "limits.js",
    "grant.js",
    "put.js",
    "multipart.js",
    "patience.js",
    "wire.js",
    "hash.js",
    "hash-worker.js",
    "sha256.js",
    "files.js",
    "file-card.js",
    "file-dialog.js",
];
