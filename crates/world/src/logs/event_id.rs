//! Ids of log events: decimal numbers of 56 digits that grow with time.

/// The id of an event: its timestamp (epoch milliseconds) above 144 bits that tell events of one millisecond apart.
pub(crate) fn event_id(timestamp: i64, distinction: u128) -> String {
    // timestamp · 2^144 + distinction, in limbs of 32 bits, the lowest first
    let mut limbs = [0_u32; 6];
    for (place, limb) in limbs.iter_mut().enumerate() {
        *limb = match place {
            0..4 => (distinction >> (32 * place)) as u32,
            4 => (timestamp << 16) as u32,
            _ => (timestamp >> 16) as u32,
        };
    }
    let mut groups = [0_u64; 7];
    for group in groups.iter_mut().rev() {
        let mut remainder = 0_u64;
        for limb in limbs.iter_mut().rev() {
            let value = (remainder << 32) | u64::from(*limb);
            *limb = (value / 1_000_000_000) as u32;
            remainder = value % 1_000_000_000;
        }
        *group = remainder;
    }
    let digits: String = groups.iter().map(|group| format!("{group:09}")).collect();
    format!("{:0>56}", digits.trim_start_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::event_id;

    #[test]
    fn the_id_holds_the_time_above_144_bits() {
        // 1396035394997 · 2^144, computed with Python's integers
        assert_eq!(event_id(1_396_035_394_997, 0), "31132629631958149661394365495940765896286219828306378752");
        assert!(event_id(1_396_035_394_997, 7) < event_id(1_396_035_394_998, 0));
    }
}
