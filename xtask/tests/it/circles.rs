//! No two files of a crate import each other, directly or around a corner.
//!
//! A file imports another one when it names something that is defined there. Names are followed through re-exports to where
//! they are defined, so that a module which only hands on what its children hold is in no circle with them. A child that uses
//! what the modules around it define ties nothing either: they are one subject, as `super::` says; the root of a crate is
//! no such subject. Test modules are left aside.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::harness::workspace;

mod components;
mod source;
mod tree;

use components::components;
use tree::Tree;

#[test]
fn no_files_import_each_other_in_a_circle() {
    let packages = packages();
    assert!(packages.len() > 10, "{packages:?}");
    let mut problems = Vec::new();
    for package in packages {
        let folder = workspace().join(&package);
        // A library and its programs are compiled apart.
        let roots = ["src/lib.rs", "src/main.rs"].map(|root| folder.join(root));
        let found: Vec<String> = roots
            .iter()
            .filter(|root| root.exists())
            .flat_map(|root| circles(root))
            .collect();
        if !found.is_empty() {
            problems.push(format!("{package}:\n{}", found.join("\n")));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// All packages of the workspace, by their path below its root.
fn packages() -> Vec<String> {
    let root = workspace();
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let members = manifest["workspace"]["members"].as_array().unwrap();
    let mut found = Vec::new();
    for member in members.iter().map(|member| member.as_str().unwrap()) {
        let Some(folder) = member.strip_suffix("/*") else {
            found.push(member.to_owned());
            continue;
        };
        let entries = fs::read_dir(root.join(folder)).unwrap();
        found.extend(entries.map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            format!("{folder}/{name}")
        }));
    }
    found.sort();
    found
}

/// The circles of the crate with the root file `root`: what ties each.
fn circles(root: &Path) -> Vec<String> {
    let tree = Tree::read(root);
    let arrows = tree.arrows();
    let pairs: BTreeSet<(usize, usize)> = arrows.keys().copied().collect();
    let circles = components(tree.modules.len(), &pairs);
    circles
        .iter()
        .map(|members| {
            let ties = arrows
                .iter()
                .filter(|((from, to), _)| members.contains(from) && members.contains(to))
                .map(|((from, to), names)| {
                    let names: Vec<&str> = names.iter().map(String::as_str).collect();
                    let [from, to] = [from, to].map(|module| tree.modules[*module].name());
                    format!("  {from} -> {to}: {}\n", names.join(", "))
                });
            ties.collect()
        })
        .collect()
}

/// A crate of these files, as paths and texts; its circles.
fn circles_of(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path: PathBuf = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        persona_core::atomic::write(&path, text).unwrap();
    }
    circles(&folder.path().join("lib.rs"))
}

#[test]
fn a_circle_is_seen_through_a_re_export() {
    let found = circles_of(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        (
            "a.rs",
            "use crate::b::{self, Deep as Other}; const ONE: u8 = b::TWO;",
        ),
        (
            "b.rs",
            "mod deep; pub(crate) use deep::Deep; pub(crate) const TWO: u8 = 2;",
        ),
        ("b/deep.rs", "pub(crate) struct Deep(crate::c::Last);"),
        ("c.rs", "use super::a::ONE;"),
    ]);
    assert_eq!(
        found,
        [
            "  a -> b::deep: crate::b::Deep\n  b::deep -> c: crate::c::Last\n  c -> a: super::a::ONE\n"
        ]
    );
}

#[test]
fn what_only_looks_like_a_circle_is_none() {
    let found = circles_of(&[
        ("lib.rs", "mod a; mod b; pub use a::A; mod facade;"),
        (
            "a.rs",
            "pub struct A; // crate::b::B\n /* crate::b::B */ const TEXT: &str = \"crate::b::B\"; const QUOTE: char = '\"';\n#[cfg(test)]\nmod tests { use crate::b::B; }\n#[cfg(test)] use crate::b::B;",
        ),
        ("b.rs", "use crate::A; pub struct B<'a>(&'a A);"),
        (
            "facade.rs",
            "mod child; pub use child::Child; pub struct Config;",
        ),
        ("facade/child.rs", "pub struct Child(super::Config);"),
    ]);
    assert_eq!(found, [""; 0]);
}
