//! Copies of impressions are found; another pressing of the same finger is none.

use ruhu_pictures::letters::Hand;
use ruhu_pictures::reuse_table::ReuseTable;

#[test]
fn no_pressing_is_called_a_copy_of_another_and_nine_of_ten_copies_are_found() {
    for hand in [Hand::First, Hand::Second] {
        let table = ReuseTable::of(hand, 81, 3, 3, 3);
        assert_eq!((table.same_finger.1, table.other_fingers.1), (0, 0), "{hand:?}\n{table}");
        let (found, all) = table.copies.values().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        assert!(found * 10 >= all * 9, "{hand:?}: {found} of {all}\n{table}");
    }
}
