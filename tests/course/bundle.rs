//! The bundle: the course and all crates, for a laptop without a network.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::{
    copy_folder, course, crates_of_all_systems, succeeds, tracked_files, workshop,
};
use frame_by_frame::bundle;
use tempfile::TempDir;

/// A machine whose cargo has nothing: neither crates nor a network.
fn empty_home() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// The packages of a lock file that come from elsewhere, as the folders of a bundle may be called.
fn crates(lock: &str) -> Vec<(String, String)> {
    let field = |package: &str, name: &str| {
        let line = package.lines().find_map(|line| line.strip_prefix(&format!("{name} = \"")));
        line.map(|rest| rest.trim_end_matches('"').to_owned())
    };
    let packages = lock.split("[[package]]").filter(|package| field(package, "source").is_some());
    packages
        .map(|package| {
            let both = (field(package, "name"), field(package, "version"));
            (both.0.expect("a name"), both.1.expect("a version"))
        })
        .collect()
}

/// Whether the folder has this crate: under its name, or with its version behind that, if it is there twice.
fn has(vendor: &Path, name: &str, version: &str) -> bool {
    let is_it = |folder: String| {
        let manifest = fs::read_to_string(vendor.join(folder).join("Cargo.toml"));
        manifest.is_ok_and(|text| text.contains(&format!("\nversion = \"{version}\"\n")))
    };
    is_it(name.to_owned()) || is_it(format!("{name}-{version}"))
}

#[test]
#[ignore = "long"]
fn a_bundle_has_all_that_a_laptop_without_a_network_needs() {
    if crates_of_all_systems("the bundle").is_none() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("frame by frame");
    let mut write = workshop(&["bundle"]);
    write.arg(&out);
    let said = succeeds(write);
    assert!(said.contains("the bundle is written: ") && said.contains(" MB"), "{said}");

    let crates = crates(&fs::read_to_string(course().join("Cargo.lock")).expect("a lock file"));
    assert!(crates.len() > 150, "{} crates", crates.len());
    let missing = crates.iter().filter(|(name, version)| !has(&out.join("vendor"), name, version));
    let missing: Vec<_> = missing.collect();
    assert!(missing.is_empty(), "not in the bundle: {missing:?}");

    let home = empty_home();
    succeeds(metadata(&out, home.path(), &["--locked"]));
    // The same without the configuration: so it is this that makes it work.
    let configuration = out.join(".cargo/config.toml");
    let away = out.join(".cargo/away");
    fs::rename(&configuration, &away).expect("put away");
    let mut without = metadata(&out, home.path(), &["--locked"]);
    let without = without.env("CARGO_NET_OFFLINE", "true").output().expect("cargo runs");
    assert!(!without.status.success(), "cargo has found crates elsewhere");
    fs::rename(&away, &configuration).expect("put back");

    let Some(tracked) = tracked_files("the files of the bundle") else { return };
    let missing: Vec<&String> = tracked.iter().filter(|file| !out.join(file).exists()).collect();
    assert!(missing.is_empty(), "{missing:?}: is the list in src/bundle.rs complete?");
    a_project_elsewhere_finds_the_crates(&out, home.path());
}

/// What cargo knows of a workspace, on a machine that has nothing else.
fn metadata(workspace: &Path, home: &Path, options: &[&str]) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--offline", "--format-version", "1"]).args(options);
    cargo.current_dir(workspace).env("CARGO_HOME", home);
    cargo
}

fn a_project_elsewhere_finds_the_crates(bundle: &Path, home: &Path) {
    let folder = tempfile::tempdir().expect("a folder");
    let project = folder.path().join("my-server");
    let chapter = frame_by_frame::chapters::find(3).expect("a chapter");
    frame_by_frame::own::start(bundle, &project, chapter).expect("started");
    // Without --locked: the course's lock file has more than a project needs, and cargo shortens it.
    succeeds(metadata(&project, home, &[]));
}

/// Of a course in which somebody has worked.
#[test]
fn a_bundle_has_nothing_of_its_owner() {
    if crates_of_all_systems("what a bundle leaves out").is_none() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (course, out) = (folder.path().join("course"), folder.path().join("bundle"));
    fs::create_dir(&course).expect("a folder");
    for file in ["Cargo.toml", "Cargo.lock"] {
        fs::copy(crate::common::course().join(file), course.join(file)).expect("a copy");
    }
    for part in ["chapters", "stage", "src", "tests/zoo-server"] {
        copy_folder(&crate::common::course().join(part), &course.join(part));
    }
    let of_the_owner = [
        ".env",
        ".git/config",
        "grades.csv",
        "my-server/Cargo.toml",
        "target/debug/program",
        "src/.secret",
        "tests/clients/node_modules/ws/index.js",
    ];
    for file in of_the_owner {
        let file = course.join(file);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, "mine").expect("written");
    }
    bundle::write(&course, &out, || Ok(())).expect("a bundle");
    let taken: Vec<&str> =
        of_the_owner.into_iter().filter(|file| out.join(file).exists()).collect();
    assert!(taken.is_empty(), "{taken:?}");
    assert!(out.join("src/bundle.rs").exists());

    let again = bundle::write(&out, &folder.path().join("again"), || Ok(()));
    let again = again.expect_err("it is one already").to_string();
    assert!(again.contains("is a bundle already: copy its folder"), "{again}");
}

#[test]
fn a_bundle_that_cannot_be_written_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = |out: &str, home: &Path| {
        let mut write = workshop(&["bundle", out]);
        write.current_dir(&folder).env("CARGO_HOME", home).env("CARGO_NET_OFFLINE", "true");
        let output = write.output().expect("the workshop runs");
        assert_eq!(output.status.code(), Some(2), "{out}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let home = empty_home();
    let said = refused("bundle", home.path());
    assert!(said.contains("It needs a network for this") && said.contains("It said:"), "{said}");
    let left: Vec<_> = fs::read_dir(&folder).expect("a folder").collect();
    assert!(left.is_empty(), "{left:?}");

    fs::create_dir(folder.path().join("full")).expect("a folder");
    fs::write(folder.path().join("full/notes"), "mine").expect("written");
    fs::write(folder.path().join("file"), "mine").expect("written");
    for out in ["full", "file"] {
        let said = refused(out, home.path());
        assert!(said.contains("is there already: choose a new folder"), "{said}");
    }
    let said = refused("file/bundle", home.path());
    assert!(said.contains("cannot be written"), "{said}");
}
