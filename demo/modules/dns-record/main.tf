# A record in fairhaven.example. Terraform's own resource stands for the DNS provider's: it needs no account.

variable "name" {
  type = string
}

variable "target" {
  type = string
}

variable "ttl" {
  type    = number
  default = 300
}

resource "terraform_data" "record" {
  input = "${var.name}.fairhaven.example ${var.ttl} IN CNAME ${var.target}."
}

output "record" {
  value = terraform_data.record.output
}
