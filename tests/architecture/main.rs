//! Does the house still stand as ARCHITECTURE.md draws it? Reads every source file and says what to move where.

mod cycles;
mod habits;
mod layers;
mod paths;
mod portal;
mod tree;

use tree::Source;

/// Fails with one fault a line, each saying where it is and what to do.
#[track_caller]
fn expect_none(faults: &[String]) {
    assert!(faults.is_empty(), "\n\n{}\n", faults.join("\n"));
}

#[test]
fn imports_only_flow_down() {
    expect_none(&layers::faults(&tree::read(&["src"])));
}

#[test]
fn no_two_modules_import_each_other() {
    expect_none(&cycles::faults(&tree::read(&["src"])));
}

#[test]
fn every_file_answers_one_question_in_at_most_300_lines() {
    expect_none(&habits::long_files(&tree::read(&["src", "tests", "benches"])));
}

#[test]
fn every_source_file_first_says_what_it_is_about() {
    expect_none(&habits::files_without_a_question(&tree::read(&["src"])));
}

#[test]
fn the_environment_is_read_in_config_alone() {
    expect_none(&habits::readers_of_the_environment(&tree::read(&["src"])));
}

#[test]
fn modules_are_named_for_what_is_in_them() {
    expect_none(&habits::empty_names(&tree::read(&["src", "tests", "benches"])));
}

/// A threat whose test is gone has no test.
#[test]
fn every_test_that_the_threat_model_names_is_there() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("SECURITY.md")).expect("SECURITY.md");
    let named: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    let is_file = |name: &&&str| name.ends_with(".rs") || name.starts_with("tests/") || name.starts_with("src/");
    let is_there = |name: &str| root.join(name).exists() || root.join("tests/api").join(name).exists();
    let missing: Vec<String> = named
        .iter()
        .filter(is_file)
        .filter(|name| !is_there(name))
        .map(|name| format!("SECURITY.md names {name}"))
        .collect();
    assert!(named.iter().filter(is_file).count() > 20);
    expect_none(&missing);
}

#[test]
fn the_portals_modules_keep_the_habits_and_are_served() {
    expect_none(&portal::faults());
}

/// The judge is judged: small houses with one fault each, which must be found, and lawful ones, which must pass.
mod verdicts {
    use super::*;

    /// A house of `(path, text)` files.
    fn house(files: &[(&str, &str)]) -> Vec<Source> {
        files.iter().map(|(path, text)| Source::parse(path, text)).collect()
    }

    #[test]
    fn a_module_of_the_portal_that_is_too_long_asks_nothing_or_is_not_served() {
        let text = "// What is it?\n".repeat(300);
        expect_none(&portal::of_file("a.js", &text, "\"a.js\""));
        expect_one(&portal::of_file("a.js", &format!("{text}\n"), "\"a.js\""), &["a.js", "300 lines"]);
        expect_one(&portal::of_file("a.js", "// Things.", "\"a.js\""), &["a.js", "question"]);
        expect_one(&portal::of_file("a.css", "", "\"b.css\""), &["a.css", "page.rs"]);
    }

    #[track_caller]
    fn expect_one(faults: &[String], words: &[&str]) {
        let [fault] = faults else { panic!("one fault was planted, and these were found: {faults:#?}") };
        for word in words {
            assert!(fault.contains(word), "{word:?} is not in {fault:?}");
        }
    }

    #[test]
    fn an_import_from_above_is_found_wherever_it_hides() {
        for text in [
            "use crate::http::problem::Problem;",
            "use crate::{model::Clock, http::problem};",
            "fn f() { crate::http::problem::answer() }",
            "fn f() { tracing::info!(x = crate::http::problem::NAME) }",
            "use super::super::http::problem;",
            "use crate as house;\nuse house::http::problem;",
            "#[serde(with = \"crate::http::problem\")] struct S;",
            "mod tests { use super::super::super::http::problem; }",
            "fn f() -> impl Fn() { if true { return crate::http::problem::answer }; ::http::x::y() }",
        ] {
            let house = house(&[("src/domain/access.rs", text), ("src/http/problem.rs", ""), ("src/model/mod.rs", "")]);
            expect_one(&layers::faults(&house), &["src/domain/access.rs:", "http", "domain may import"]);
        }
    }

    #[test]
    fn an_import_from_below_is_lawful() {
        let house = house(&[
            ("src/http/mod.rs", "use crate::domain::access;\nuse crate::{config::Config, metrics, model::*};"),
            ("src/domain/access.rs", "use crate::adapters::sts;"),
            ("src/adapters/sts.rs", "use crate::model::Tenant;"),
            ("src/model/mod.rs", "mod tenant; pub use tenant::Tenant;"),
            ("src/model/tenant.rs", "pub struct Tenant;"),
            ("src/config.rs", "use crate::model::Tenant;"),
            ("src/metrics.rs", ""),
            ("src/app.rs", "use crate::{http, sandbox};"),
            ("src/sandbox/mod.rs", "use crate::http;"),
        ]);
        expect_none(&layers::faults(&house));
        expect_none(&cycles::faults(&house));
    }

    #[test]
    fn entrances_do_not_call_each_other_and_nothing_leans_on_the_sandbox() {
        for (from, to) in
            [("http", "reconciler"), ("reconciler", "cognito"), ("adapters", "sandbox"), ("config", "domain")]
        {
            let text = format!("use crate::{to}::Thing;");
            let house = house(&[(&format!("src/{from}.rs"), &text), (&format!("src/{to}.rs"), "pub struct Thing;")]);
            expect_one(&layers::faults(&house), &[from, to]);
        }
    }

    #[test]
    fn a_module_in_no_layer_is_found() {
        expect_one(&layers::faults(&house(&[("src/attic.rs", "")])), &["src/attic.rs", "tests/architecture/layers.rs"]);
    }

    #[test]
    fn a_cycle_is_found_at_any_depth_and_through_re_exports() {
        let direct = house(&[
            ("src/domain/quota.rs", "use super::access::Access; pub struct Quota;"),
            ("src/domain/access.rs", "use crate::domain::audit; pub struct Access;"),
            ("src/domain/audit.rs", "fn f() -> crate::domain::quota::Quota {}"),
        ]);
        expect_one(
            &cycles::faults(&direct),
            &["src/domain", "access → audit → quota → access", "src/domain/access.rs:1"],
        );

        let re_exported = house(&[
            ("src/model/mod.rs", "mod file; mod part; pub use file::File; pub use part::*;"),
            ("src/model/file.rs", "use crate::model::Part; pub struct File;"),
            ("src/model/part.rs", "use super::File; pub struct Part;"),
        ]);
        expect_one(&cycles::faults(&re_exported), &["file → part → file"]);

        let folders = house(&[
            ("src/adapters/s3/presign.rs", "use crate::adapters::sts::credentials::Cached;"),
            ("src/adapters/sts/credentials.rs", "use crate::adapters; fn f() { adapters::s3::presign::sign() }"),
        ]);
        expect_one(&cycles::faults(&folders), &["s3 → sts → s3"]);
    }

    #[test]
    fn a_child_and_its_parent_may_know_each_other() {
        let house = house(&[
            ("src/domain/uploads/mod.rs", "mod create; pub use create::create; pub struct Error;"),
            ("src/domain/uploads/create.rs", "use super::Error; pub fn create() {}"),
        ]);
        expect_none(&cycles::faults(&house));
    }

    #[test]
    fn bad_habits_are_found() {
        let line = "//\n";
        expect_one(&habits::long_files(&house(&[("tests/long.rs", &line.repeat(301))])), &["tests/long.rs", "301"]);
        expect_none(&habits::long_files(&house(&[("tests/full.rs", &line.repeat(300))])));

        expect_one(
            &habits::files_without_a_question(&house(&[("src/a.rs", "use x;\n//! late")])),
            &["src/a.rs:1", "//!"],
        );
        expect_none(&habits::files_without_a_question(&house(&[("src/a.rs", "//! What?")])));

        for text in
            ["fn f() { std::env::var(\"A\") }", "use std::env; fn f() { env::vars_os() }", "use std::env::{args, var};"]
        {
            expect_one(
                &habits::readers_of_the_environment(&house(&[("src/app.rs", text)])),
                &["src/app.rs:1", "config"],
            );
            expect_none(&habits::readers_of_the_environment(&house(&[("src/config.rs", text)])));
        }

        for path in ["src/util.rs", "src/domain/helpers/mod.rs", "tests/common/mod.rs", "src/user_info.rs"] {
            expect_one(&habits::empty_names(&house(&[(path, "")])), &[path, "name"]);
        }
        expect_one(
            &habits::empty_names(&house(&[("src/app.rs", "mod data { fn f() {} }")])),
            &["src/app.rs:1", "data"],
        );
        expect_none(&habits::empty_names(&house(&[("src/metadata.rs", "")])));
    }
}
