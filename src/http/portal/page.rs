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
    "unsaved.js",
    "desk.css",
    "listing.js",
    "charts.js",
    "usage-figures.js",
    "usage.js",
    "tenants.js",
    "tenant.js",
    "tenant-form.js",
    "fields.js",
    "sizes.js",
    "audit.js",
    "audit-actions.js",
    "audit-export.js",
    "audit-tenants.js",
];
