module mntcheck

go 1.25.0
