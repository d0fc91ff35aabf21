//! The law: a chapter's probes fail on the chapter before it, and hold in every chapter from it on.

use frame_by_frame::chapters::CHAPTERS;
use frame_by_frame::{ladder, probes};

#[test]
fn every_chapter_makes_promises() {
    for chapter in CHAPTERS {
        let count = probes::all().iter().filter(|probe| probe.chapter == chapter.number).count();
        assert!(count >= 2, "chapter {:02} has {count} probes", chapter.number);
    }
}

#[test]
#[ignore = "long"]
fn the_ladder_holds() {
    let ladder = ladder::climb(crate::common::programs());
    let broken = ladder.broken();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    insta::assert_snapshot!("ladder", ladder.to_string());
}
