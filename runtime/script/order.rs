//! Sorting for both languages. Their own libraries discard errors thrown by a comparison function,
//! or depend on the clock to select an algorithm.

/// Sorts items by a "less than" function. The sort is stable and stops at the first error.
pub(super) fn sorted<T, E>(
    mut items: Vec<T>,
    before: &mut impl FnMut(&T, &T) -> Result<bool, E>,
) -> Result<Vec<T>, E> {
    if items.len() < 2 {
        return Ok(items);
    }
    let right = items.split_off(items.len() / 2);
    let (left, right) = (sorted(items, before)?, sorted(right, before)?);
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let next = if before(b, a)? { right.next() } else { left.next() };
        merged.extend(next);
    }
    merged.extend(left);
    merged.extend(right);
    Ok(merged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_items_keep_their_order_and_errors_end_it() {
        let pairs = vec![(3, 'a'), (1, 'b'), (3, 'c'), (2, 'd'), (1, 'e')];
        let by_number = sorted(pairs, &mut |a, b| Ok::<_, ()>(a.0 < b.0));
        assert_eq!(by_number, Ok(vec![(1, 'b'), (1, 'e'), (2, 'd'), (3, 'a'), (3, 'c')]));
        let mut left = 3;
        let ended = sorted((0..100).collect(), &mut |_, _| {
            left -= 1;
            if left == 0 { Err("ended") } else { Ok(true) }
        });
        assert_eq!(ended, Err("ended"));
        assert_eq!(left, 0);
    }
}
