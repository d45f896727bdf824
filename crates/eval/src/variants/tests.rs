#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::Path;

use marple_world::Verdict;

use super::*;
use crate::case::{Case, Prepared, Source};

/// All scenarios of the repository.
fn scenarios() -> Vec<(String, Files)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let folders = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let scenarios = folders.filter(|folder| folder.join("scenario.toml").is_file());
    scenarios
        .map(|folder| (folder.file_name().unwrap().to_string_lossy().into_owned(), Files::read(&folder).unwrap()))
        .collect()
}

fn made(variant: Variant, files: &Files) -> Varied {
    variant.make(&Scenario::load(files.clone()).unwrap()).unwrap().unwrap()
}

fn all(files: &Files) -> String {
    files.iter().map(|(path, content)| format!("{path}\n{}\n", String::from_utf8_lossy(content))).collect()
}

#[test]
fn every_variant_of_every_scenario_can_be_played_and_says_what_is_right() {
    for (id, files) in scenarios() {
        for variant in Variant::ALL {
            let source = Source { id: id.clone(), files: files.clone(), variant: Some(variant) };
            match Case::prepare(&source) {
                Ok(Prepared::Ready(case)) => {
                    assert!(!case.accepted.is_empty(), "{id}/{}", variant.name());
                    assert!(!case.changed.is_empty(), "{id}/{}", variant.name());
                }
                Ok(Prepared::NotApplicable(reason)) => assert!(!reason.is_empty()),
                Err(error) => panic!("{id}/{}: {error}", variant.name()),
            }
        }
    }
}

#[test]
fn the_same_scenario_gives_the_same_variants() {
    for (_, files) in scenarios() {
        for variant in Variant::ALL {
            assert_eq!(made(variant, &files).files, made(variant, &files).files, "{}", variant.name());
        }
    }
}

#[test]
fn renaming_and_shifting_take_the_truth_along() {
    for (id, files) in scenarios() {
        let base = Scenario::load(files.clone()).unwrap().truth;
        let renamed = made(Variant::Rename, &files);
        for (old, new) in base.components.iter().zip(&renamed.accepted[0].components) {
            assert_ne!(old, new, "{id}");
            let text = all(&renamed.files);
            assert!(text.contains(new.as_str()) && !text.contains(&format!("\"{old}\"")), "{id}: {old} is left");
        }
        let shifted = &made(Variant::Shift, &files).accepted[0];
        let hours = base.onset.zip(shifted.onset).map(|(before, after)| after.duration_since(before).as_hours());
        assert!(hours.is_none_or(|hours| hours == 37 * 24 + 5), "{id}: {hours:?}");
    }
}

#[test]
fn a_mute_world_has_platform_lines_only_and_accepts_that_the_evidence_does_not_suffice() {
    for (id, files) in scenarios() {
        let mute = made(Variant::Mute, &files);
        assert_eq!(
            mute::make(&Scenario::load(mute.files.clone()).unwrap()).unwrap().unwrap().accepted.len(),
            1,
            "{id}: lines are left"
        );
        if let [cause, insufficient] = mute.accepted.as_slice() {
            assert_eq!(insufficient.verdict, Verdict::InsufficientEvidence, "{id}");
            assert!(!insufficient.plan.gaps.is_empty(), "{id}");
            assert_eq!(cause.verdict, Scenario::load(files).unwrap().truth.verdict, "{id}");
        }
    }
}

#[test]
fn a_decoy_stands_in_stack_events_and_trail_before_onset_and_must_not_be_blamed() {
    for (id, files) in scenarios() {
        let base = Scenario::load(files.clone()).unwrap();
        let Ok(decoy) = Variant::Decoy.make(&base).unwrap() else { continue };
        let blamed = decoy.accepted[0].must_not.components.last().unwrap();
        assert!(!base.truth.components.contains(blamed), "{id}");
        let trail = edit::list(&decoy.files, edit::TRAIL, "Events").unwrap();
        let at: jiff::Timestamp = edit::text(&trail[0], "EventTime").parse().unwrap();
        assert!(at < edit::onset(&base) && edit::after(at, 300) > edit::onset(&base), "{id}: {at}");
        let code = |files: &Files| {
            files
                .iter()
                .filter(|(path, _)| path.contains("/code/"))
                .map(|(path, _)| path.to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(code(&files), code(&decoy.files));
        assert!(
            decoy
                .files
                .iter()
                .filter(|(path, _)| path.contains("/code/"))
                .all(|(path, code)| files.get(path) == Some(code))
        );
    }
}

#[test]
fn injected_instructions_stand_in_many_carriers_and_change_no_truth() {
    for (id, files) in scenarios() {
        let inject = made(Variant::Inject, &files);
        assert!(inject.attacks.len() >= 6, "{id}: {}", inject.changed);
        assert_eq!(format!("{:?}", inject.accepted[0]), format!("{:?}", Scenario::load(files).unwrap().truth), "{id}");
    }
}

#[test]
fn the_scenarios_together_have_every_attack() {
    let used: std::collections::BTreeSet<String> = scenarios()
        .iter()
        .flat_map(|(_, files)| made(Variant::Inject, files).attacks)
        .map(|attack| attack.id)
        .collect();
    let left: Vec<&str> =
        inject::attacks().iter().map(|attack| attack.id.as_str()).filter(|id| !used.contains(*id)).collect();
    assert!(left.is_empty() && inject::attacks().len() >= 30, "{left:?}");
}

#[test]
fn a_denied_service_is_a_gap_that_has_to_be_named() {
    for (id, files) in scenarios() {
        let base = Scenario::load(files.clone()).unwrap();
        let Ok(deny) = Variant::Deny.make(&base).unwrap() else { continue };
        assert_eq!(deny.accepted[0].plan.gaps.len(), base.truth.plan.gaps.len() + 1, "{id}");
        let denied = Scenario::load(deny.files).unwrap().wire.deny;
        assert_eq!(denied.len(), base.wire.deny.len() + 1, "{id}");
    }
}

#[test]
fn a_variant_is_known_by_its_name_and_no_other() {
    assert!(Variant::ALL.into_iter().all(|variant| variant.name().parse() == Ok(variant)));
    assert_eq!("base".parse::<Variant>(), Err(UnknownVariant("base".to_owned())));
}
