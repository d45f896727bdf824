//! awsQuery answers: XML in the shape that the service models give.

use std::fmt::Write;

use quick_xml::escape::escape;
use serde_json::Value;

use super::Members;
use super::members::Place;

/// `<OpResponse xmlns><OpResult>…</OpResult><ResponseMetadata>…</OpResponse>`.
pub(super) fn answer(operation: &str, namespace: &str, output: &Value, members: &Members, request_id: &str) -> String {
    let mut xml = format!(r#"<{operation}Response xmlns="{namespace}"><{operation}Result>"#);
    write_value(&mut xml, output, Place::ROOT, members);
    let _ = write!(
        xml,
        "</{operation}Result><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
    );
    xml
}

/// `<ErrorResponse>` with code and message.
pub(super) fn error(namespace: &str, code: &str, message: &str, request_id: &str) -> String {
    format!(
        r#"<ErrorResponse xmlns="{namespace}"><Error><Type>Sender</Type><Code>{}</Code><Message>{}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"#,
        escape(code),
        escape(message)
    )
}

fn write_value(xml: &mut String, value: &Value, place: Place<'_>, members: &Members) {
    match value {
        Value::Null => {}
        Value::Bool(boolean) => xml.push_str(if *boolean { "true" } else { "false" }),
        Value::Number(number) => {
            let _ = write!(xml, "{number}");
        }
        Value::String(text) => xml.push_str(&escape(text.as_str())),
        Value::Array(items) => {
            let element = members.xml_item(place);
            for item in items {
                write_element(xml, element, item, place, members);
            }
        }
        Value::Object(entries) if members.is_map(place) => {
            for (key, entry) in entries {
                let _ = write!(xml, "<entry><key>{}</key>", escape(key.as_str()));
                write_element(xml, "value", entry, place, members);
                xml.push_str("</entry>");
            }
        }
        Value::Object(entries) => {
            for (name, entry) in entries.iter().filter(|(_, entry)| !entry.is_null()) {
                write_element(xml, name, entry, place.member(name), members);
            }
        }
    }
}

fn write_element(xml: &mut String, element: &str, value: &Value, place: Place<'_>, members: &Members) {
    let _ = write!(xml, "<{element}>");
    write_value(xml, value, place, members);
    let _ = write!(xml, "</{element}>");
}
