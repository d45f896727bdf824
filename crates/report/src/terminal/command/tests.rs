use super::*;

#[test]
fn a_long_command_is_continued_before_its_options() {
    let command = "aws logs filter-log-events --log-group-name /aws/lambda/x --filter-pattern '\"a --b\"' --limit 50";
    insta::assert_snapshot!(lines(command, 40).join("\n"), @r#"
aws logs filter-log-events \
  --log-group-name /aws/lambda/x \
  --filter-pattern '"a --b"' \
  --limit 50
"#);
}

#[test]
fn a_short_command_and_one_whose_quoting_is_unclear_are_left_alone() {
    for command in
        ["aws sts get-caller-identity", "aws logs tail --since \"$(date --iso-8601)\" --follow x", "aws x --y 'it --z"]
    {
        assert_eq!(lines(command, 30), [command]);
    }
}

#[test]
fn continued_lines_joined_as_a_shell_joins_them_are_the_command() {
    let command = "aws rds describe-db-clusters --a 'b \\' --c \"d \\\" --e\" --f g\\ --h i";
    for width in 1..80 {
        let joined = lines(command, width).join("\n").replace("\\\n", "");
        assert_eq!(joined.split_whitespace().collect::<Vec<_>>(), command.split_whitespace().collect::<Vec<_>>());
        assert!(!joined.contains('\n'));
    }
}
