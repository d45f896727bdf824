//! The policy as a CloudFormation template in YAML: a managed policy, to attach to the role that investigates.

use serde_json::{Value, json};

use super::Place;

/// The same place, with what is not known left to CloudFormation.
pub(crate) fn place(place: Place) -> Place {
    let account = if place.account == "*" { "${AWS::AccountId}".to_owned() } else { place.account };
    Place { partition: "${AWS::Partition}".to_owned(), account, ..place }
}

/// The template.
pub(crate) fn render(document: &Value) -> String {
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "What marple may read, and nothing else",
        "Resources": {"MarpleReads": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {"Description": "What marple may read, and nothing else", "PolicyDocument": document},
        }},
        "Outputs": {"PolicyArn": {"Description": "Attach it to the role that investigates", "Value": {"Ref": "MarpleReads"}}},
    });
    let mut yaml = String::new();
    block(&template, 0, &mut yaml);
    yaml
}

/// Writes a table or a list in block style.
fn block(value: &Value, depth: usize, yaml: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                yaml.push_str(&format!("{indent}{}:", key_of(key)));
                member(value, depth, yaml);
            }
        }
        Value::Array(items) => {
            for item in items {
                let mut written = String::new();
                match item {
                    Value::Object(_) => block(item, depth + 1, &mut written),
                    scalar => written = format!("{}\n", text(scalar)),
                }
                // The first line's indent gives way to the dash.
                yaml.push_str(&format!("{indent}- {}", written.trim_start()));
            }
        }
        scalar => yaml.push_str(&format!("{indent}{}\n", text(scalar))),
    }
}

fn member(value: &Value, depth: usize, yaml: &mut String) {
    if value.is_object() || value.is_array() {
        yaml.push('\n');
        block(value, depth + 1, yaml);
    } else {
        yaml.push_str(&format!(" {}\n", text(value)));
    }
}

/// Plain where YAML takes it for a text.
fn key_of(key: &str) -> String {
    if key.bytes().all(|byte| byte.is_ascii_alphanumeric()) { key.to_owned() } else { text(&Value::from(key)) }
}

/// JSON's strings are YAML's, in double quotes; what CloudFormation fills in says so.
fn text(value: &Value) -> String {
    let written = value.to_string();
    if written.contains("${AWS::") { format!("!Sub {written}") } else { written }
}
