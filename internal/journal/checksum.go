package journal

import (
	"encoding/binary"
	"hash/crc32"
)

// stored is a row as the database holds it: its data is sealed, its subject is the mask.
type stored struct {
	part    part
	seq     int64
	subject string
	time    int64 // microseconds since 1970
	expires int64 // likewise; 0: never
	data    []byte
	crc     int64
}

// sum is the CRC-32C over everything that a row says. It tells a worn card (wrong checksum) from a changed file (right
// checksum, and the seal does not open).
func (s stored) sum() int64 {
	var head []byte
	head = binary.BigEndian.AppendUint64(head, uint64(s.seq))
	head = binary.BigEndian.AppendUint64(head, uint64(s.time))
	head = binary.BigEndian.AppendUint64(head, uint64(s.expires))
	head = binary.BigEndian.AppendUint32(head, uint32(len(s.subject)))
	head = append(head, s.subject...)
	table := crc32.MakeTable(crc32.Castagnoli)
	return int64(crc32.Update(crc32.Checksum(head, table), table, s.data))
}

func (s stored) intact() bool { return s.crc == s.sum() }

// id names a row that does not open.
func (s stored) id() RowID {
	return RowID{Subject: s.subject, Seq: uint64(s.seq), Changed: s.intact()}
}

// open gives the row as it was written.
func (s stored) open(with sealer) (Row, bool) {
	subject, data, ok := with.open(s)
	return Row{
		Seq:     uint64(s.seq),
		Subject: subject,
		Data:    data,
		Time:    fromMicros(s.time),
		Expires: fromDeadline(s.expires),
	}, ok
}
