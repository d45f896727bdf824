//! The policy as a Terraform resource.

use serde_json::Value;

/// The resource. JSON's objects, lists and strings are HCL's, but for templates in strings, which are escaped.
pub(crate) fn render(document: &Value) -> String {
    let mut policy = String::new();
    expression(document, 1, &mut policy);
    format!(
        "resource \"aws_iam_policy\" \"marple_reads\" {{\n  name        = \"marple-reads\"\n  description = \"What marple may read, and \
         nothing else\"\n  policy = jsonencode({policy})\n}}\n"
    )
}

fn expression(value: &Value, depth: usize, hcl: &mut String) {
    let (indent, outer) = ("  ".repeat(depth + 1), "  ".repeat(depth));
    match value {
        Value::Object(fields) => {
            // As `terraform fmt` has it: the equal signs of neighbouring members stand below each other.
            let keys: Vec<String> = fields.keys().map(|key| key_of(key)).collect();
            hcl.push_str("{\n");
            for ((key, value), width) in keys.iter().zip(fields.values()).zip(widths(&keys, fields.values())) {
                hcl.push_str(&format!("{indent}{key:width$} = "));
                expression(value, depth + 1, hcl);
                hcl.push('\n');
            }
            hcl.push_str(&format!("{outer}}}"));
        }
        Value::Array(items) => {
            hcl.push_str("[\n");
            for item in items {
                hcl.push_str(&indent);
                expression(item, depth + 1, hcl);
                hcl.push_str(",\n");
            }
            hcl.push_str(&format!("{outer}]"));
        }
        scalar => hcl.push_str(&scalar.to_string().replace("${", "$${").replace("%{", "%%{")),
    }
}

fn key_of(key: &str) -> String {
    if key.bytes().all(|byte| byte.is_ascii_alphanumeric()) { key.to_owned() } else { format!("{key:?}") }
}

/// How wide each key is written: in a run of members of one line each, as wide as the widest.
fn widths<'a>(keys: &[String], values: impl Iterator<Item = &'a Value>) -> Vec<usize> {
    let members: Vec<(usize, bool)> =
        keys.iter().map(String::len).zip(values.map(|value| value.is_object() || value.is_array())).collect();
    let runs = members.chunk_by(|(_, is_long), (_, next_is_long)| !is_long && !next_is_long);
    let widest = |run: &[(usize, bool)]| run.iter().map(|(width, _)| *width).max().unwrap_or(0);
    runs.flat_map(|run| vec![widest(run); run.len()]).collect()
}
