# SPDX-License-Identifier: GPL-2.0
# 10,000 inserts, a hundred in each transaction, then questions.
{
  echo 'create table numbers (id integer primary key, value integer, word text);'
  echo 'begin;'
  for ((i = 1; i <= 10000; i++)); do
    echo "insert into numbers values ($i, $((i * 7919 % 10007)), 'word $i');"
    ((i % 100 != 0)) || echo 'commit; begin;'
  done
  echo 'commit;'
} | sqlite3 numbers.db
echo "status $?"
sqlite3 numbers.db <<'END'
select count(*), sum(value), min(value), max(value) from numbers;
create index by_value on numbers (value);
select word from numbers where value between 5000 and 5003 order by value;
select value % 10, count(*) from numbers group by 1 order by 1;
update numbers set value = value + 1 where id % 2 = 0;
delete from numbers where id > 9000;
vacuum;
select count(*), sum(value) from numbers;
pragma integrity_check;
END
sqlite3 numbers.db .schema
sha256sum numbers.db
sqlite3 numbers.db 'select nothing from nowhere'
echo "status $?"
