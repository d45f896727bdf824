#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
use crate::{
    cases::{self, report},
    markdown::render,
};

#[test]
fn a_report_shows_earlier_versions_and_what_was_asked() {
    let whole = render(&report(&cases::chat()));
    let begin = whole.find("## Earlier versions").unwrap();
    let end = whole.find("## Investigation").unwrap();
    insta::assert_snapshot!(&whole[begin..end], @r#"
## Earlier versions of the root cause

### version 1, 2025-12-16T06:10:05.02Z: POST /api/profile without a body crashes user-profile-service (code_defect, high confidence, us.anthropic.claude-sonnet-4-5-20250929-v1:0)

The handler parses event.body without a check. For a request without a body that gives null, and reading .user of it throws. Each such request fails with a 502; all others are served.

1. The handler reads .user of the parsed body without a check.
   - [E2](#e2): `4 | const name = JSON.parse(event.body).user.name`
2. A request without a body makes it throw.
   - [E1](#e1): `TypeError: Cannot read properties of null (reading 'user')`
   - [E2](#e2): `JSON.parse(event.body)`

## Questions

**That is not it, look for another cause.**

**The gateway** sends no body, see `E1`\:

- it began at 05:45
- nothing was deployed

- [E1](#e1): `user-profile-errors`
- [E1](#e1): `no such words` **NOT VERIFIED**: not there

**Since when?**

(not answered)
"#);
}
