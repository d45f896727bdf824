#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeSet;

use super::{Caller, OPERATIONS, Operation};
use crate::{doctor::probed, tool::TOOLS};

#[test]
fn every_action_that_a_tool_declares_is_in_the_table_and_each_stands_there_once() {
    for (tool, action) in TOOLS.iter().flat_map(|tool| tool.actions.iter().map(move |action| (tool.name, action))) {
        assert!(Operation::of_action(action).is_some(), "{tool} needs {action}");
    }
    let actions: BTreeSet<&str> = OPERATIONS.iter().map(|operation| operation.action).collect();
    assert_eq!(actions.len(), OPERATIONS.len());
}

#[test]
fn the_doctor_asks_for_everything_that_an_investigation_reads() {
    let asked: BTreeSet<&str> = probed().collect();
    let read = OPERATIONS.iter().filter(|operation| operation.caller == Caller::Investigation);
    let read: BTreeSet<&str> = read.map(|operation| operation.action).collect();
    assert_eq!(asked, read);
}
