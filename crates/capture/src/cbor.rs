//! RPC v2 CBOR, which CloudWatch speaks: bodies as plain JSON. Times (tag 1) become RFC 3339 to the millisecond.

use aws_smithy_cbor::{Decoder, data::Type, decode::DeserializeError};
use jiff::Timestamp;
use serde_json::{Map, Number, Value};

/// Deeper bodies are refused: no message of AWS nests like that.
const DEEPEST: usize = 64;

/// Reads a body; an empty one is an empty object.
pub(crate) fn read(body: &[u8]) -> Result<Value, DeserializeError> {
    if body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    value(&mut Decoder::new(body), 0)
}

fn value(decoder: &mut Decoder<'_>, depth: usize) -> Result<Value, DeserializeError> {
    if depth > DEEPEST {
        return Err(DeserializeError::custom("nested too deeply", decoder.position()));
    }
    Ok(match decoder.datatype()? {
        Type::Bool => decoder.boolean()?.into(),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Int => {
            decoder.long()?.into()
        }
        Type::F16 | Type::F32 | Type::F64 => Number::from_f64(decoder.double()?).map_or(Value::Null, Value::Number),
        Type::String | Type::StringIndef => decoder.str()?.into_owned().into(),
        Type::Tag => time(decoder)?,
        Type::Array | Type::ArrayIndef => {
            let mut left = decoder.list()?;
            let mut items = Vec::new();
            while has_more(decoder, &mut left)? {
                items.push(value(decoder, depth + 1)?);
            }
            Value::Array(items)
        }
        Type::Map | Type::MapIndef => {
            let mut left = decoder.map()?;
            let mut members = Map::new();
            while has_more(decoder, &mut left)? {
                let name = decoder.str()?.into_owned();
                members.insert(name, value(decoder, depth + 1)?);
            }
            Value::Object(members)
        }
        // Null, and what no output has: blobs, simple values.
        _ => {
            decoder.skip()?;
            Value::Null
        }
    })
}

/// Whether a list or map has another element; takes the break of one of indefinite length.
fn has_more(decoder: &mut Decoder<'_>, left: &mut Option<u64>) -> Result<bool, DeserializeError> {
    match left {
        Some(0) => Ok(false),
        Some(count) => {
            *count -= 1;
            Ok(true)
        }
        None if decoder.datatype()? == Type::Break => {
            decoder.skip()?;
            Ok(false)
        }
        None => Ok(true),
    }
}

fn time(decoder: &mut Decoder<'_>) -> Result<Value, DeserializeError> {
    let at = decoder.position();
    let read = decoder.timestamp()?;
    // A double's last digits: 37.102 s is 37.101999…
    let nanoseconds = i128::from(read.secs()) * 1_000_000_000 + i128::from(read.subsec_nanos());
    let milliseconds = i64::try_from((nanoseconds + 500_000).div_euclid(1_000_000)).ok();
    let time = milliseconds.and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok());
    let time = time.ok_or_else(|| DeserializeError::custom("a time beyond the calendar", at))?;
    Ok(Value::String(time.to_string()))
}
