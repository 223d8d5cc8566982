DROP TABLE part_receipt;
