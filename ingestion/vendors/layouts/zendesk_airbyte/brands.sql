select * from brands
