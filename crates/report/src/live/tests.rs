#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
use super::*;
use crate::cases;

fn lines(entries: &[Entry], width: Option<usize>) -> String {
    let mut time_line = TimeLine::new(width);
    entries.iter().filter_map(|entry| time_line.line(entry)).collect::<Vec<_>>().join("\n")
}

#[test]
fn each_event_is_one_line() {
    insta::assert_snapshot!(lines(&cases::complete(), None), @r#"
  +0 ms  opened: alarm lambda-user-profile-service-errors, model us.anthropic.claude-sonnet-4-5-20250929-v1:0
+300 ms  looking at user-profile-service, 2025-12-16T04:46:00Z – 2025-12-16T06:10:00Z
+800 ms  E1 summarize_logs /aws/lambda/user-profile-service: 12 lines, 3 exceptions: TypeError: Cannot read properties of null (reading 'user') (38 ms)
+810 ms  E2 read_function_code user-profile-service: found (38 ms)
+820 ms  E3 list_changes user-profile-service: no data (38 ms)
+820 ms  opening ended, 3 tool calls
 +5.0 s  turn 1: search_logs, get_metrics ×2 (14,000 in, 640 out, 4.2 s, us.anthropic.claude-sonnet-4-5-20250929-v1:0)
 +5.0 s  root cause: POST /api/profile without a body crashes user-profile-service (code_defect, confidence high)
 +9.2 s  turn 2: search_logs, get_metrics ×2 (14,000 in, 640 out, 4.2 s, us.anthropic.claude-sonnet-4-5-20250929-v1:0)
 +9.2 s  plan: 0 now, 1 afterwards
 +9.2 s  complete
"#);
}

#[test]
fn a_narrow_terminal_cuts_the_lines_of_a_partial_run() {
    insta::assert_snapshot!(lines(&cases::partial(), Some(60)), @r#"
   +0 ms  opened: Why does order-processing-service fail si…
 +200 ms  looking at order-processing-service, 2025-12-16T0…
  +1.1 s  E1 summarize_logs /aws/lambda/order-processing-se…
 +31.1 s  E2 get_metrics Errors, Duration: failed: Throttli…
 +31.1 s  opening ended, 2 tool calls
 +35.3 s  turn 1: search_logs, get_metrics ×2 (9,000 in, 30…
 +35.3 s  hypothesis: Memory runs out while an order is bui…
 +35.3 s  refused search_logs: search_logs: limit must be a…
 +35.4 s  interrupted by a person
+1 h 00 min  resumed
+1 h 00 min  the model was shown less from here on, 1 piece…
+1 h 00 min  us.anthropic.claude-sonnet-4-5-20250929-v1:0 w…
+1 h 00 min  ended partial: the time limit of 5 min is reac…
"#);
}

#[test]
fn the_lines_are_in_the_language_of_the_report_and_hide_nothing() {
    insta::assert_snapshot!(lines(&cases::insufficient(), None), @r#"
 +0 ms  開始: 最新のアラーム、モデル playbook
+20 ms  調査対象 notification-service、2025-12-16T04:46:00Z – 2025-12-16T06:10:00Z
+25 ms  E1 summarize_logs /aws/lambda/notification-service: 拒否: logs:FilterLogEvents (38 ms)
+30 ms  E2 search_logs /aws/lambda/notification-service: 拒否: logs:FilterLogEvents (38 ms)
+35 ms  E3 list_secrets notification: 拒否: secretsmanager:ListSecrets (38 ms)
+35 ms  初期収集終了、ツール呼び出し 3 回
+35 ms  ターン 1: search_logs, get_metrics ×2 (入力 0、出力 0, 4.2 s, playbook)
+35 ms  根本原因: The logs of notification-service may not be read (unknown、確度 低)
+35 ms  対処計画: 今すぐ 1 件、その後 0 件
+35 ms  完了
"#);
}
